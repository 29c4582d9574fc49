/**
 * A batch as the gateway appends it, and what an entry of the stream holds, in this order:
 *
 *   batch_id   the batch's UUID in text form
 *   events     how many events the body holds, in decimal
 *   epoch      the life of the stream that the entry was appended in, see totals.ts
 *   body       the accepted request's body, byte for byte: {"events":[…]}; or of several small requests that were
 *              gathered an array of their bodies, each byte for byte: [{"events":[…]},{"events":[…]}]
 *
 * and, where the requests came with traces, one more:
 *
 *   traceparent  as W3C Trace Context has it, of version 00; of gathered requests up to 16 with commas between
 */
export interface Batch {
  /** A UUID. Two entries with the same batch ID are the same batch, sent twice. */
  readonly batchId: string;
  readonly events: number;
  /** Valid UTF-8 and valid JSON. */
  readonly body: Buffer;
  /** The places in traces that the batch comes from, at most {@link MAX_TRACEPARENTS}; without them none, never empty. */
  readonly traceparents?: readonly string[] | undefined;
}

/** A batch that was gathered from more traced requests than this names so many of them. */
export const MAX_TRACEPARENTS = 16;

/** An entry that was read from the stream. */
export type Entry = BatchEntry | ForeignEntry;

export interface BatchEntry extends Batch {
  readonly kind: 'batch';
  /** The entry ID that Redis gave: `milliseconds-sequence`. */
  readonly id: string;
  readonly epoch: string;
}

/** In the place of an epoch, for entries that no gateway wrote: none of the stream's lives counts them. */
export const FOREIGN_EPOCH = 'foreign';

/** An entry that no gateway wrote: its fields are not those above. */
export interface ForeignEntry {
  readonly kind: 'foreign';
  readonly id: string;
  /** Names and values in turn, as they stand in the entry. */
  readonly fields: readonly Buffer[];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const COUNT = /^[1-9]\d{0,8}$/;
const EPOCH = /^[0-9a-f]{1,16}$/;
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACEPARENT_LENGTH = 55;
const MAX_TRACEPARENT_BYTES = MAX_TRACEPARENTS * (TRACEPARENT_LENGTH + 1) - 1;

/**
 * Tells our entries from foreign ones by the names and forms of their fields; the body is not looked into. What does
 * not belong in the field `traceparent` is ignored: traces are no reason to bury events.
 */
export function readEntry(id: string, fields: readonly Buffer[]): Entry {
  const [batchIdName, batchId, eventsName, events, epochName, epoch, bodyName, body, traceName, trace] =
    fields;
  const ours =
    (fields.length === 8 || (fields.length === 10 && traceName?.toString() === 'traceparent')) &&
    batchIdName?.toString() === 'batch_id' &&
    eventsName?.toString() === 'events' &&
    epochName?.toString() === 'epoch' &&
    bodyName?.toString() === 'body' &&
    UUID.test(batchId?.toString('latin1') ?? '') &&
    COUNT.test(events?.toString('latin1') ?? '') &&
    EPOCH.test(epoch?.toString('latin1') ?? '');
  if (!ours || batchId === undefined || body === undefined) return { kind: 'foreign', id, fields };
  const traceparents = trace === undefined ? undefined : readTraceparents(trace);
  return {
    kind: 'batch',
    id,
    batchId: batchId.toString('latin1'),
    events: Number(events),
    epoch: epoch?.toString('latin1') ?? '',
    body,
    ...(traceparents === undefined ? {} : { traceparents }),
  };
}

function readTraceparents(field: Buffer): string[] | undefined {
  if (field.length > MAX_TRACEPARENT_BYTES) return undefined;
  const traceparents = field.toString('latin1').split(',');
  return traceparents.every((text) => TRACEPARENT.test(text)) ? traceparents : undefined;
}

/** The bytes that an entry's values take, by which reads and the backlog are bounded. */
export function entryBytes(entry: Entry): number {
  if (entry.kind === 'batch') return entry.body.length;
  return entry.fields.reduce((sum, field) => sum + field.length, 0);
}
