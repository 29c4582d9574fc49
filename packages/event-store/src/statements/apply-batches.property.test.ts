import { testPostgresUrl } from '@oncelog/local-stack/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, storeBatch, type TestDatabase } from '../testing/index.ts';
import { applyBatches, type StoreBatch } from './apply-batches.ts';
import { readStats } from './read-stats.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(testPostgresUrl());
});
afterAll(() => test.drop());

/** Few keys, so that nearly everything collides. */
const key = fc.record({ topic: fc.constantFrom('a', 'b'), event_id: fc.constantFrom('1', '2', '3', '4') });
const batches = fc.array(fc.array(key, { maxLength: 6 }), { minLength: 1, maxLength: 6 });
/** Deliveries of batches by their indexes: any order, redelivered at will, several to a statement. */
const deliveries = fc.array(fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 3 }), { maxLength: 12 });

interface Delivery {
  readonly statement: readonly StoreBatch[];
  readonly stripe: number;
}

/** As the consumer does it: what lost a race is tried again. */
async function apply({ statement, stripe }: Delivery): Promise<void> {
  try {
    await applyBatches(test.database, statement, { shard: 0, stripe });
  } catch (error) {
    if (!['23505', '40P01'].includes((error as { code: string }).code)) throw error;
    await apply({ statement, stripe });
  }
}

it('gives the same tables for any interleaving of batches, duplicates and redeliveries', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(batches, deliveries, fc.boolean(), async (keys, order, sideBySide) => {
      await test.sql`TRUNCATE processed_events, applied_batches, event_stats, stream_accounts`;
      const all = keys.map((events) => storeBatch(events));
      const statements = [...order, ...all.map((_, i) => [i])].map((indexes, stripe) => ({
        statement: indexes.flatMap((i) => all[i] ?? []),
        stripe: stripe % 3,
      }));
      if (sideBySide) await Promise.all(statements.map(apply));
      else for (const statement of statements) await apply(statement);

      const distinct = new Set(keys.flat().map(({ topic, event_id }) => `${topic}/${event_id}`));
      const stored = await test.sql<
        { key: string }[]
      >`SELECT topic || '/' || event_id AS key FROM processed_events`;
      expect(stored.map((row) => row.key).sort()).toEqual([...distinct].sort());
      const counts = await readStats(test.database);
      expect(counts.reduce((sum, { received }) => sum + received, 0)).toBe(keys.flat().length);
      expect(counts.reduce((sum, { unique_processed }) => sum + unique_processed, 0)).toBe(distinct.size);
      const [ledger] = await test.sql`
        SELECT count(*)::int AS batches, sum(received)::int AS received, sum(unique_processed)::int AS unique FROM applied_batches`;
      expect(ledger).toEqual({ batches: keys.length, received: keys.flat().length, unique: distinct.size });
    }),
    { numRuns: 60 },
  );
});
