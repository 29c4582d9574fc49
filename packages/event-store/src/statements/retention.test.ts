import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, storeBatch, type TestDatabase } from '../testing/index.ts';
import { applyBatches } from './apply-batches.ts';
import { pruneLedger } from './prune-ledger.ts';
import { pruneRepeatedEntries } from './prune-repeated-entries.ts';
import { readStats } from './read-stats.ts';
import { recordRepeatedEntries } from './record-repeated-entries.ts';
import { retireEvents } from './retire-events.ts';

let test: TestDatabase;
beforeEach(async () => {
  await test?.drop();
  test = await createTestDatabase(testPostgresUrl());
});
afterAll(() => test.drop());

const HOUR_MS = 3_600_000;
const DAY = { retentionHours: 24, oldestEntryMs: undefined };

/** A batch of two events, one of them a duplicate, that was applied some hours ago. */
async function applied(eventId: string, hoursAgo: number): Promise<string> {
  const batch = storeBatch([{ event_id: eventId }, { event_id: eventId }]);
  await applyBatches(test.database, [batch], { shard: 0, stripe: 0 });
  await test.sql`UPDATE applied_batches SET applied_at = now() - make_interval(hours => ${hoursAgo})
    WHERE batch_id = ${batch.batchId}`;
  await test.sql`UPDATE processed_events SET processed_at = now() - make_interval(hours => ${hoursAgo})
    WHERE batch_id = ${batch.batchId}`;
  return batch.batchId;
}

const ledger = async () =>
  (await test.sql<{ batch_id: string }[]>`SELECT batch_id FROM applied_batches ORDER BY applied_at`).map(
    ({ batch_id }) => batch_id,
  );

describe('pruneLedger', () => {
  it('removes what is old enough, in chunks, and keeps its sums', async () => {
    for (const [i, hours] of [72, 48, 25, 23].entries()) await applied(`e${i}`, hours);
    const young = (await ledger()).at(-1);
    expect(await pruneLedger(test.database, DAY, 2)).toBe(2);
    expect(await pruneLedger(test.database, DAY, 2)).toBe(1);
    expect(await pruneLedger(test.database, DAY, 2)).toBe(0);
    expect(await ledger()).toEqual([young]);
    expect(await test.sql`SELECT * FROM pruned_batches`).toMatchObject([
      { batches: '3', received: '6', unique_processed: '3', dead_lettered: '0' },
    ]);
  });

  it('keeps what entries in the stream may bring again, however long ago it was applied', async () => {
    const old = await applied('a', 30);
    await applied('b', 31);
    const hoursAgo = (hours: number) => ({ ...DAY, oldestEntryMs: Date.now() - hours * HOUR_MS });
    expect(await pruneLedger(test.database, hoursAgo(8), 10)).toBe(0);
    expect(await pruneLedger(test.database, hoursAgo(6.5), 10)).toBe(1);
    expect(await ledger()).toEqual([old]);
    expect(await pruneLedger(test.database, hoursAgo(0), 10)).toBe(1);
  });

  it('keeps a batch that was repeated lately', async () => {
    const batchId = await applied('a', 48);
    const entries = [{ entryId: '9-0', batchId, events: 2, epoch: 'e1' }];
    await recordRepeatedEntries(test.database, entries, { shard: 0, stripe: 0 });
    expect(await pruneLedger(test.database, DAY, 10)).toBe(0);
    await test.sql`UPDATE applied_batches SET last_repeated_at = now() - interval '25 hours'`;
    expect(await pruneLedger(test.database, DAY, 10)).toBe(1);
  });

  it('leaves a row that is being repeated at this moment, without waiting', async () => {
    const batchId = await applied('a', 48);
    await applied('b', 48);
    await test.sql.begin(async (sql) => {
      await sql`UPDATE applied_batches SET last_repeated_at = now() WHERE batch_id = ${batchId}`;
      expect(await pruneLedger(test.database, DAY, 10)).toBe(1);
    });
    expect(await pruneLedger(test.database, DAY, 10)).toBe(0);
    expect(await ledger()).toEqual([batchId]);
  });

  it('lets one member at a time have its turn', async () => {
    for (let i = 0; i < 40; i += 1) await applied(`e${i}`, 48);
    const prune = async () => {
      let pruned = 0;
      while ((await ledger()).length > 0) pruned += await pruneLedger(test.database, DAY, 7);
      return pruned;
    };
    const pruned = await Promise.all([prune(), prune(), prune()]);
    expect(pruned.reduce((sum, n) => sum + n)).toBe(40);
    expect(await test.sql`SELECT batches::int, received::int FROM pruned_batches`).toEqual([
      { batches: 40, received: 80 },
    ]);
  });
});

it('pruneRepeatedEntries removes entries that cannot come again; their counts stay', async () => {
  const batchId = await applied('a', 48);
  for (const entryId of ['1-0', '2-0', '3-0']) {
    const entries = [{ entryId, batchId, events: 2, epoch: 'e1' }];
    await recordRepeatedEntries(test.database, entries, { shard: 0, stripe: 0 });
  }
  await test.sql`UPDATE repeated_entries SET repeated_at = now() - interval '30 hours' WHERE entry_id <> '3-0'`;
  const inStream = { ...DAY, oldestEntryMs: Date.now() - 7 * HOUR_MS };
  expect(await pruneRepeatedEntries(test.database, inStream, 10)).toBe(0);
  expect(await pruneRepeatedEntries(test.database, DAY, 1)).toBe(1);
  expect(await pruneRepeatedEntries(test.database, DAY, 10)).toBe(1);
  expect(await test.sql`SELECT sum(repeated)::int AS n FROM stream_accounts`).toEqual([{ n: 6 }]);
});

describe('retireEvents', () => {
  const figures = async () => {
    const [row] = await test.sql<{ rows: number; retired: number }[]>`
      SELECT (SELECT count(*) FROM processed_events)::int AS rows,
        (SELECT coalesce(sum(events), 0) FROM retired_events)::int AS retired`;
    return { ...row };
  };

  it('removes what is old enough, chunk by chunk, and counts it by topic; the statistics stay', async () => {
    for (const [i, hours] of [72, 48, 25, 23, 1].entries()) await applied(`e${i}`, hours);
    const before = await readStats(test.database);
    const retire = (afterSeq: string) =>
      retireEvents(test.database, { retentionHours: 24, afterSeq, maxRows: 2 });
    const first = await retire('0');
    expect(first.retired).toBe(2);
    const second = await retire(first.lastSeq ?? '');
    expect(second.retired).toBe(1);
    expect(await retire(second.lastSeq ?? '')).toEqual({ retired: 0, lastSeq: undefined });
    expect(await figures()).toEqual({ rows: 2, retired: 3 });
    expect(await readStats(test.database)).toEqual(before);
    expect(await test.sql`SELECT topic, events::int FROM retired_events`).toEqual([
      { topic: 'orders.created', events: 3 },
    ]);
  });

  it('stores an event again that comes again after its removal', async () => {
    await applied('again', 48);
    await retireEvents(test.database, { retentionHours: 24, afterSeq: '0', maxRows: 10 });
    await applied('again', 0);
    expect(await figures()).toEqual({ rows: 1, retired: 1 });
    expect(await readStats(test.database)).toMatchObject([{ unique_processed: 2, received: 4 }]);
  });
});
