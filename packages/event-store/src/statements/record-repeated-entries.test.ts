import { randomUUID } from 'node:crypto';
import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, storeBatch, type TestDatabase } from '../testing/index.ts';
import { applyBatches } from './apply-batches.ts';
import { readAccounts } from './read-accounts.ts';
import { BatchPrunedError, recordRepeatedEntries } from './record-repeated-entries.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(testPostgresUrl());
});
afterAll(() => test.drop());

/** An entry that repeats a batch of the ledger. */
async function repeat(entryId: string, events: number, epoch = 'e1') {
  const batch = storeBatch([{ event_id: entryId }], { epoch: 'e0' });
  await applyBatches(test.database, [batch], { shard: 0, stripe: 0 });
  return { entryId, batchId: batch.batchId, events, epoch };
}

const present = async () => (await readAccounts(test.database)).filter(({ epoch }) => epoch !== 'e0');

it('counts an entry once, however often it is recorded', async () => {
  const entries = [await repeat('5-0', 10), await repeat('4-1', 10)];
  await recordRepeatedEntries(test.database, entries, { shard: 0, stripe: 0 });
  await recordRepeatedEntries(test.database, entries, { shard: 0, stripe: 3 });
  const other = await repeat('5-0', 1, 'e2');
  await recordRepeatedEntries(test.database, [other], { shard: 1, stripe: 3 });
  expect(await present()).toEqual([
    { shard: 0, epoch: 'e1', applied: 0, repeated: 20 },
    { shard: 1, epoch: 'e2', applied: 0, repeated: 1 },
  ]);
});

it('counts the rest where a batch is no longer in the ledger, and says so', async () => {
  const pruned = { entryId: '7-0', batchId: randomUUID(), events: 3, epoch: 'e3' };
  const entries = [pruned, await repeat('6-0', 5, 'e3')];
  const recording = recordRepeatedEntries(test.database, entries, { shard: 0, stripe: 0 });
  await expect(recording).rejects.toBeInstanceOf(BatchPrunedError);
  expect((await present()).find(({ epoch }) => epoch === 'e3')?.repeated).toBe(5);
});
