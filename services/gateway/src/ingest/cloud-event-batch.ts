import { createHash } from 'node:crypto';
import { MAX_NAME_CHARACTERS, type ParsedCloudEvent } from '@oncelog/event-schema';

/** A body for the stream that is made of CloudEvents. */
export interface CloudEventBatch {
  /** `{"events":[…]}` */
  readonly body: Buffer;
  readonly events: number;
  /** The CloudEvents alone: what stays the same when the same request comes later. */
  readonly sent: () => Buffer;
}

/**
 * Makes an event of each CloudEvent:
 *
 *   topic       type
 *   event_id    source, a space, id
 *   timestamp   time, or when it arrived
 *   source      source
 *   payload     the CloudEvent in the JSON format, byte for byte
 */
export function batchOfCloudEvents(
  cloudEvents: readonly ParsedCloudEvent[],
  arrivedAt: Date,
): CloudEventBatch {
  const pieces = cloudEvents.flatMap((cloudEvent, at) => [
    at === 0 ? OPEN : COMMA,
    headOf(cloudEvent, arrivedAt),
    cloudEvent.json,
    CLOSE_EVENT,
  ]);
  return {
    body: Buffer.concat([...pieces, CLOSE]),
    events: cloudEvents.length,
    sent: () => Buffer.concat(cloudEvents.flatMap(({ json }, at) => (at === 0 ? json : [COMMA, json]))),
  };
}

const OPEN = Buffer.from('{"events":[');
const COMMA = Buffer.from(',');
const CLOSE_EVENT = Buffer.from('}');
const CLOSE = Buffer.from(']}');

/** The event up to its payload. */
function headOf(cloudEvent: ParsedCloudEvent, arrivedAt: Date): Buffer {
  const { type: topic, source, time: timestamp = arrivedAt.toISOString() } = cloudEvent;
  const head = JSON.stringify({ topic, event_id: eventIdOf(cloudEvent), timestamp, source });
  return Buffer.from(`${head.slice(0, -1)},"payload":`);
}

/**
 * What identifies a CloudEvent, source and id, as one name: others have another one. A source has no space, so that the first
 * one ends it. Where both are too long for a name, their SHA-256; that has no space, and is like no other name.
 */
function eventIdOf({ source, id }: Pick<ParsedCloudEvent, 'source' | 'id'>): string {
  const name = `${source} ${id}`;
  if (name.length <= MAX_NAME_CHARACTERS) return name;
  if (name.length <= 2 * MAX_NAME_CHARACTERS && [...name].length <= MAX_NAME_CHARACTERS) return name;
  return `sha256:${createHash('sha256').update(name).digest('hex')}`;
}
