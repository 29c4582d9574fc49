import { randomUUID } from 'node:crypto';
import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/index.ts';
import { readStats } from './read-stats.ts';
import { recordRepeatedEntries } from './record-repeated-entries.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(testPostgresUrl());
});
afterAll(() => test.drop());

it('counts an entry once, however often it is recorded', async () => {
  const entries = ['5-0', '4-1'].map((entryId) => ({ entryId, batchId: randomUUID(), events: 10 }));
  await recordRepeatedEntries(test.database, entries, 0);
  await recordRepeatedEntries(test.database, entries, 3);
  await recordRepeatedEntries(test.database, [{ entryId: '6-0', batchId: randomUUID(), events: 1 }], 3);
  expect((await readStats(test.database)).map(({ repeated }) => repeated)).toEqual([21]);
});
