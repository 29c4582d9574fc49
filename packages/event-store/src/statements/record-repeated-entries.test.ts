import { randomUUID } from 'node:crypto';
import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/index.ts';
import { readAccounts } from './read-accounts.ts';
import { recordRepeatedEntries } from './record-repeated-entries.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(testPostgresUrl());
});
afterAll(() => test.drop());

it('counts an entry once, however often it is recorded', async () => {
  const entries = ['5-0', '4-1'].map((entryId) => ({
    entryId,
    batchId: randomUUID(),
    events: 10,
    epoch: 'e1',
  }));
  await recordRepeatedEntries(test.database, entries, { shard: 0, stripe: 0 });
  await recordRepeatedEntries(test.database, entries, { shard: 0, stripe: 3 });
  const other = { entryId: '5-0', batchId: randomUUID(), events: 1, epoch: 'e2' };
  await recordRepeatedEntries(test.database, [other], { shard: 1, stripe: 3 });
  expect(await readAccounts(test.database)).toEqual([
    { shard: 0, epoch: 'e1', applied: 0, repeated: 20 },
    { shard: 1, epoch: 'e2', applied: 0, repeated: 1 },
  ]);
});
