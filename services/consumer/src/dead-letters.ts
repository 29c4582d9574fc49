import { isUtf8 } from 'node:buffer';
import { type Database, type DeadEvent, findRefusedEvents, type StoreBatch } from '@oncelog/event-store';
import { type BatchEntry, FOREIGN_EPOCH, type ForeignEntry } from '@oncelog/event-stream';
import { digestUuid } from '@oncelog/service-kit';
import { splitEvents } from './split-events.ts';

const NOTHING = '{"events":[]}';

/**
 * Takes a refused batch apart: the events that Postgres refuses become dead letters, the rest stays. A body that
 * is not what a gateway writes (not UTF-8, not JSON, no events) is dead as a whole.
 */
export async function separateDead(database: Database, entry: BatchEntry): Promise<StoreBatch> {
  const { batchId, id: entryId, epoch, body } = entry;
  const events = isUtf8(body) ? splitEvents(body.toString()) : undefined;
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
      original: Buffer.from(events[position] ?? ''),
    }),
  );
  const positions = new Set(refused.map(({ position }) => position));
  const good = events.filter((_, position) => !positions.has(position));
  return { batchId, entryId, epoch, body: `{"events":[${good.join(',')}]}`, dead };
}

/** A batch of which nothing is stored: one dead letter stands for all its events. */
export function buryWhole(
  { batchId, id: entryId, epoch, events, body }: BatchEntry,
  reason: string,
): StoreBatch {
  const dead = [{ position: null, events, code: 'unreadable', reason, original: body }];
  return { batchId, entryId, epoch, body: NOTHING, dead };
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
    original: Buffer.from(JSON.stringify(entry.fields.map((field) => field.toString('latin1'))), 'latin1'),
  };
  const batchId = digestUuid('oncelog foreign entry', String(shard), entry.id);
  return { batchId, entryId: entry.id, epoch: FOREIGN_EPOCH, body: NOTHING, dead: [dead] };
}
