import { randomUUID } from 'node:crypto';
import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../database.ts';
import { createTestDatabase, storeBatch, type TestDatabase } from '../testing/index.ts';
import { applyBatches } from './apply-batches.ts';
import { readAccounts } from './read-accounts.ts';
import { readStats } from './read-stats.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(testPostgresUrl());
});
afterAll(() => test.drop());
beforeEach(async () => {
  await test.sql`TRUNCATE processed_events, applied_batches, repeated_entries, event_stats, stream_accounts, dead_letters`;
});

const sums = async () => {
  const counts = await readStats(test.database);
  const sum = (key: 'received' | 'unique_processed' | 'dead_lettered') =>
    counts.reduce((total, topic) => total + topic[key], 0);
  const [stored] = await test.sql<{ n: number }[]>`SELECT count(*)::int AS n FROM processed_events`;
  return {
    received: sum('received'),
    unique: sum('unique_processed'),
    dead: sum('dead_lettered'),
    stored: stored?.n,
  };
};

describe('applyBatches', () => {
  it('keeps an account for each epoch of each shard, of what was applied for the first time', async () => {
    const dead = [{ position: 2, events: 1, code: '22P02', reason: 'bad', original: Buffer.from('x') }];
    const batch = storeBatch([{ event_id: 'a' }, { event_id: 'a' }], { dead });
    const other = storeBatch([{ event_id: 'b' }], { epoch: 'e2' });
    await applyBatches(test.database, [batch, other], { shard: 0, stripe: 1 });
    await applyBatches(test.database, [batch, storeBatch([{ event_id: 'c' }])], { shard: 1, stripe: 2 });
    await applyBatches(test.database, [storeBatch([{ event_id: 'd' }])], { shard: 0, stripe: 2 });
    expect(await readAccounts(test.database)).toEqual([
      { shard: 0, epoch: 'e1', applied: 4, repeated: 0 },
      { shard: 0, epoch: 'e2', applied: 1, repeated: 0 },
      { shard: 1, epoch: 'e1', applied: 1, repeated: 0 },
    ]);
  });

  it('stores new events and counts duplicates within a batch, across batches and across statements', async () => {
    const first = storeBatch([{ event_id: 'a' }, { event_id: 'b' }, { event_id: 'a' }]);
    const second = storeBatch([{ event_id: 'b' }, { event_id: 'c' }]);
    const outcomes = await applyBatches(test.database, [first, second], { shard: 0, stripe: 0 });
    expect(outcomes.every(({ applied }) => applied)).toBe(true);
    await applyBatches(test.database, [storeBatch([{ event_id: 'c' }, { topic: 'other', event_id: 'c' }])], {
      shard: 0,
      stripe: 1,
    });
    expect(await sums()).toEqual({ received: 7, unique: 4, dead: 0, stored: 4 });
  });

  it('takes the events of all documents where a body is an array of them, in order', async () => {
    const [one, two] = [
      storeBatch([{ event_id: 'z' }, { event_id: 'y' }]),
      storeBatch([{ event_id: 'x' }, { event_id: 'z' }]),
    ];
    const gathered = { ...one, body: `[${one.body}, ${two.body}]`, events: 4 };
    const [outcome] = await applyBatches(test.database, [gathered], { shard: 0, stripe: 0 });
    expect(outcome).toMatchObject({ applied: true, received: 4, unique_processed: 3 });
    const rows = await test.sql<{ event_id: string }[]>`SELECT event_id FROM processed_events ORDER BY seq`;
    expect(rows.map(({ event_id }) => event_id)).toEqual(['z', 'y', 'x']);
  });

  it('changes nothing for a batch that is in the ledger, and says which entry brought it', async () => {
    const batch = storeBatch([{ event_id: 'a' }, { event_id: 'b' }]);
    await applyBatches(test.database, [batch], { shard: 0, stripe: 0 });
    const [again] = await applyBatches(test.database, [{ ...batch, entryId: '2-0' }], {
      shard: 0,
      stripe: 0,
    });
    expect(again).toMatchObject({ applied: false, entry_id: '1-0', received: 2, unique_processed: 2 });
    expect(await sums()).toEqual({ received: 2, unique: 2, dead: 0, stored: 2 });
  });

  it('keeps the first of the events with the same key', async () => {
    await applyBatches(
      test.database,
      [
        storeBatch([
          { event_id: 'z', payload: { n: 1 } },
          { event_id: 'a' },
          { event_id: 'z', payload: { n: 2 } },
        ]),
      ],
      { shard: 0, stripe: 0 },
    );
    const rows = await test.sql`SELECT payload->>'n' AS n FROM processed_events WHERE event_id = 'z'`;
    expect(rows).toEqual([{ n: '1' }]);
  });

  it('numbers events in the order of arrival, not of their keys', async () => {
    await applyBatches(
      test.database,
      [storeBatch([{ event_id: 'c' }, { event_id: 'a' }, { event_id: 'b' }])],
      { shard: 0, stripe: 0 },
    );
    const rows = await test.sql<{ event_id: string }[]>`SELECT event_id FROM processed_events ORDER BY seq`;
    expect(rows.map(({ event_id }) => event_id)).toEqual(['c', 'a', 'b']);
  });

  it('keeps numbers that JavaScript cannot hold, and keys named __proto__', async () => {
    const payload = '{"big":9007199254740993,"exact":0.1000000000000000000001,"__proto__":{"x":1}}';
    const event = `{"topic":"t","event_id":"e","timestamp":"2026-01-01T00:00:00Z","source":"s","payload":${payload}}`;
    await applyBatches(test.database, [storeBatch([], { body: `{"events":[${event}]}` })], {
      shard: 0,
      stripe: 0,
    });
    const rows = await test.sql<{ payload: string }[]>`SELECT payload::text FROM processed_events`;
    expect(rows[0]?.payload).toContain('9007199254740993');
    expect(rows[0]?.payload).toContain('0.1000000000000000000001');
    expect(rows[0]?.payload).toContain('"__proto__": {"x": 1}');
  });

  it('stores dead letters with their original bytes in the same commit', async () => {
    const original = Buffer.from([0, 255, 123]);
    const dead = [{ position: 1, events: 1, code: '22P02', reason: 'bad', original }];
    const [outcome] = await applyBatches(test.database, [storeBatch([{ event_id: 'a' }], { dead })], {
      shard: 0,
      stripe: 0,
    });
    expect(outcome).toMatchObject({ received: 1, unique_processed: 1, dead_lettered: 1 });
    const rows = await test.sql<{ original: Buffer }[]>`SELECT position, code, original FROM dead_letters`;
    expect(rows[0]).toMatchObject({ position: 1, code: '22P02' });
    expect(Buffer.compare(rows[0]?.original ?? Buffer.alloc(0), original)).toBe(0);
    expect(await sums()).toEqual({ received: 1, unique: 1, dead: 1, stored: 1 });
  });

  it.each([0, 1, 3])('refuses, as data, a batch of two events whose entry says %i', async (events) => {
    const batch = storeBatch([{ event_id: 'a' }, { event_id: 'b' }], { events });
    await expect(
      applyBatches(test.database, [storeBatch([{ event_id: 'c' }]), batch], { shard: 0, stripe: 0 }),
    ).rejects.toMatchObject({ code: '23502', column_name: 'received' });
    expect(await sums()).toEqual({ received: 0, unique: 0, dead: 0, stored: 0 });
  });

  it('fails as a whole on data that Postgres refuses: neither events nor counters nor ledger change', async () => {
    const bad = storeBatch([{ event_id: 'a' }, { event_id: 'b', payload: 'x' }], {});
    const broken = { ...bad, body: bad.body.replace('2026-01-01', '2026-02-30') };
    await expect(
      applyBatches(test.database, [storeBatch([{ event_id: 'c' }]), broken], { shard: 0, stripe: 0 }),
    ).rejects.toMatchObject({
      code: '22008',
    });
    expect(await sums()).toEqual({ received: 0, unique: 0, dead: 0, stored: 0 });
  });

  it('finds batches in the ledger by its index, also by a plan made while the ledger was small', async () => {
    const database = openDatabase({
      url: test.url,
      name: 'planner',
      maxConnections: 1,
      statementTimeoutMs: 10_000,
      planOnce: true,
    });
    for (let i = 0; i < 100; i += 1) {
      await test.sql`INSERT INTO applied_batches (batch_id, shard, entry_id, received, unique_processed, dead_lettered)
        VALUES (gen_random_uuid(), 0, '1-1', 1, 1, 0)`;
    }
    await test.sql`ANALYZE applied_batches`; // of so few rows the planner would read all
    const scans = async () => {
      await database.run((sql) => sql`SELECT pg_stat_force_next_flush()`);
      const [row] = await test.sql<{ scans: number }[]>`
        SELECT seq_scan::int AS scans FROM pg_stat_user_tables WHERE relname = 'applied_batches'`;
      return row?.scans;
    };
    const before = await scans();
    for (let i = 0; i < 3; i += 1) {
      await applyBatches(database, [storeBatch([{ event_id: `planned-${i}` }])], { shard: 0, stripe: 0 });
    }
    expect(await scans()).toBe(before);
    await database.close();
  });

  it('applies a batch once when several apply it at the same moment', async () => {
    const batch = storeBatch(Array.from({ length: 200 }, (_, i) => ({ event_id: `e${i}` })));
    const applyUntilDone = async (stripe: number): Promise<boolean> => {
      try {
        return (await applyBatches(test.database, [batch], { shard: 0, stripe }))[0]?.applied ?? false;
      } catch (error) {
        expect(error).toMatchObject({ code: '23505', constraint_name: 'applied_batches_pkey' });
        return applyUntilDone(stripe);
      }
    };
    const applied = await Promise.all([0, 1, 2, 3].map(applyUntilDone));
    expect(applied.filter(Boolean)).toHaveLength(1);
    expect(await sums()).toEqual({ received: 200, unique: 200, dead: 0, stored: 200 });
  });

  it('does not deadlock when batches with the same keys in other orders are applied side by side', async () => {
    const keys = Array.from({ length: 300 }, (_, i) => ({ event_id: `k${i}`, topic: `t${i % 7}` }));
    const shuffled = (seed: number) =>
      keys.toSorted((a, b) => hash(a.event_id, seed) - hash(b.event_id, seed));
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(
        [1, 2, 3, 4].map((stripe) =>
          applyBatches(test.database, [storeBatch(shuffled(round * 4 + stripe), { batchId: randomUUID() })], {
            shard: 0,
            stripe,
          }),
        ),
      );
    }
    expect(await sums()).toMatchObject({ received: 80 * 300, unique: 300, stored: 300 });
  });
});

function hash(text: string, seed: number): number {
  let value = seed * 2_654_435_761;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 16_777_619);
  return value >>> 0;
}
