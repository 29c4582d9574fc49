import { isUtf8 } from 'node:buffer';
import { type Database, type DeadEvent, findRefusedEvents, type StoreBatch } from '@oncelog/event-store';
import { type BatchEntry, FOREIGN_EPOCH, type ForeignEntry } from '@oncelog/event-stream';
import { digestUuid } from '@oncelog/service-kit';
import { fieldsAsJson, keepOriginal } from './original.ts';
import { splitEvents } from './split-events.ts';

const NOTHING = '{"events":[]}';

/** Longer ones are not read as text: no gateway can be configured to take them, and V8 ends at 512 MiB. */
const MAX_BODY_BYTES = 100 * 1024 * 1024;

/** A body's text; undefined where it cannot be JSON that a gateway took. */
export function textOf(body: Buffer): string | undefined {
  return body.length <= MAX_BODY_BYTES && isUtf8(body) ? body.toString() : undefined;
}

/**
 * Takes a refused batch apart: the events that Postgres refuses become dead letters, the rest stays. A body that
 * is not what a gateway writes (not UTF-8, not JSON, no events) is dead as a whole.
 */
export async function separateDead(database: Database, entry: BatchEntry): Promise<StoreBatch> {
  const { batchId, id: entryId, epoch, body } = entry;
  const text = textOf(body);
  const events = text === undefined ? undefined : splitEvents(text);
  if (events === undefined || events.length !== entry.events) {
    return buryWhole(entry, `the body is not a JSON object with ${entry.events} events`);
  }
  const refused = await findRefusedEvents(database, events);
  const dead = refused.map(
    ({ position, code, reason }): DeadEvent => ({
      position,
      events: 1,
      code,
      reason,
      ...keepOriginal([Buffer.from(events[position] ?? '')]),
    }),
  );
  const positions = new Set(refused.map(({ position }) => position));
  const good = events.filter((_, position) => !positions.has(position));
  return { batchId, entryId, epoch, events: entry.events, body: `{"events":[${good.join(',')}]}`, dead };
}

/** A batch of which nothing is stored: one dead letter stands for all its events. */
export function buryWhole(
  { batchId, id: entryId, epoch, events, body }: BatchEntry,
  reason: string,
): StoreBatch {
  const dead = [{ position: null, events, code: 'unreadable', reason, ...keepOriginal([body]) }];
  return { batchId, entryId, epoch, events, body: NOTHING, dead };
}

/**
 * An entry that no gateway wrote, as a batch of one dead letter. Its batch ID is derived from the shard and the
 * entry ID, so that it is buried once, however often it is delivered.
 */
export function foreignBatch(entry: ForeignEntry, shard: number): StoreBatch {
  const dead = {
    position: null,
    events: 1,
    code: 'foreign',
    reason: 'the entry does not have the fields batch_id, events, epoch and body',
    ...keepOriginal(fieldsAsJson(entry.fields)),
  };
  const batchId = digestUuid('oncelog foreign entry', String(shard), entry.id);
  return { batchId, entryId: entry.id, epoch: FOREIGN_EPOCH, events: 1, body: NOTHING, dead: [dead] };
}
