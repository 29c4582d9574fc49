import { InvalidEventError } from './errors.ts';
import { RawJson, stringify } from './raw-json.ts';
import { uuidV7 } from './uuid-v7.ts';

/** What `createClient` can be given once, for all events that do not say it. */
export type DefaultName = 'topic' | 'source';

interface EventFields {
  /** Where the event belongs: 1 to 255 characters. Events are deduplicated by (topic, event_id). */
  readonly topic: string;
  /** Who produced it: 1 to 255 characters. */
  readonly source: string;
  /**
   * Your own id for it, 1 to 255 characters. Left out: a UUID of version 7, made once, so that whatever the client retries
   * is a duplicate. A process that may publish the same event twice, as after a crash, gives an id that is the same then.
   */
  readonly event_id?: string | undefined;
  /** When it happened: a Date, or RFC 3339 with an offset. Left out: now. */
  readonly timestamp?: string | Date | undefined;
  /**
   * What it says: an object that JSON can hold, or {@link rawJson}. A BigInt is sent as a number with all its digits.
   */
  readonly payload: object;
}

/** An event as `publish` takes it. `D`: what the client has defaults for, which may then be left out. */
export type EventInput<D extends DefaultName = never> =
  | (Omit<EventFields, D> & { readonly [K in D]?: string | undefined })
  /** A whole event as JSON. What it lacks is filled in; the rest goes out as it is. */
  | RawJson;

export interface EventDefaults {
  readonly topic?: string | undefined;
  readonly source?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const MAX_NAME_CHARACTERS = 255;
const encoder = new TextEncoder();

/**
 * The JSON of an event in UTF-8, with everything that it lacks. What only the gateway can know to be wrong is left to it.
 *
 * @param index of the event in its call, for errors
 * @throws {InvalidEventError}
 */
export function eventBytes(
  input: EventInput<DefaultName>,
  defaults: EventDefaults,
  index: number,
): Uint8Array {
  if (typeof input !== 'object' || input === null)
    throw new InvalidEventError(index, '', 'it must be an object');
  return encoder.encode(
    input instanceof RawJson ? completed(input, defaults, index) : eventJson(input, defaults, index),
  );
}

function eventJson(
  fields: Exclude<EventInput<DefaultName>, RawJson>,
  defaults: EventDefaults,
  index: number,
): string {
  const payload = payloadJson(fields.payload, index);
  const given = { topic: fields.topic ?? defaults.topic, source: fields.source ?? defaults.source };
  const topic = name(given.topic, { index, field: 'topic' });
  const eventId = name(fields.event_id ?? uuidV7(defaults.now()), { index, field: 'event_id' });
  const source = name(given.source, { index, field: 'source' });
  const timestamp = JSON.stringify(timestampOf(fields.timestamp ?? new Date(defaults.now()), index));
  return `{"topic":${topic},"event_id":${eventId},"timestamp":${timestamp},"source":${source},"payload":${payload}}`;
}

/** A raw event is never serialised again: what it lacks is put in front. */
function completed({ text }: RawJson, defaults: EventDefaults, index: number): string {
  const fields: unknown = JSON.parse(text);
  if (!isPlainObject(fields)) throw new InvalidEventError(index, '', 'it must be an object');
  if (!isPlainObject(fields['payload'])) throw notAnObject(index);
  const missing: Record<string, string> = {};
  for (const field of ['topic', 'source'] as const) {
    const value = fields[field] === undefined ? defaults[field] : fields[field];
    name(value, { index, field });
    if (fields[field] === undefined) missing[field] = value as string;
  }
  if (fields['event_id'] === undefined) missing['event_id'] = uuidV7(defaults.now());
  else name(fields['event_id'], { index, field: 'event_id' });
  if (fields['timestamp'] === undefined) missing['timestamp'] = new Date(defaults.now()).toISOString();
  const front = JSON.stringify(missing).slice(0, -1);
  return front === '{' ? text : `${front},${text.slice(text.indexOf('{') + 1)}`;
}

function payloadJson(payload: unknown, index: number): string {
  const isObject =
    payload instanceof RawJson ? payload.text.trimStart().startsWith('{') : isPlainObject(payload);
  const json = isObject ? serialised(payload, index) : undefined;
  if (!json?.trimStart().startsWith('{')) throw notAnObject(index);
  return json;
}

function serialised(payload: unknown, index: number): string | undefined {
  try {
    return stringify(payload);
  } catch (error) {
    throw new InvalidEventError(index, '/payload', `it cannot be JSON: ${String(error)}`);
  }
}

function notAnObject(index: number): InvalidEventError {
  return new InvalidEventError(index, '/payload', 'it must be an object');
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns the name as JSON */
function name(value: unknown, { index, field }: { index: number; field: string }): string {
  const fault = nameFault(value);
  if (fault !== undefined) throw new InvalidEventError(index, `/${field}`, fault);
  return JSON.stringify(value);
}

function nameFault(value: unknown): string | undefined {
  if (value === undefined) return 'it is required: there is no default for it';
  if (typeof value !== 'string') return 'it must be a string';
  if (value === '') return 'it must not be empty';
  // at most two UTF-16 units a character: what is short enough need not be counted
  if (value.length <= MAX_NAME_CHARACTERS || [...value].length <= MAX_NAME_CHARACTERS) return undefined;
  return `it may have at most ${MAX_NAME_CHARACTERS} characters`;
}

function timestampOf(value: unknown, index: number): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw new InvalidEventError(index, '/timestamp', 'it must be a valid Date, or RFC 3339 with an offset');
}
