import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/index.ts';
import { readLargestTopics } from './read-largest-topics.ts';

const test: TestDatabase = await createTestDatabase(testPostgresUrl());
afterAll(() => test.drop());
beforeEach(async () => {
  await test.sql`TRUNCATE event_stats`;
});

it('gives zeros for an empty store', async () => {
  expect(await readLargestTopics(test.database, 10)).toEqual({
    sums: { received: 0, unique_processed: 0, dead_lettered: 0 },
    total: 0,
    topics: [],
  });
});

it('sums over the stripes, gives the largest topics and counts them all; dead letters have no topic', async () => {
  await test.sql`
    INSERT INTO event_stats (stripe, topic, received, unique_processed, dead_lettered) VALUES
      (0, 'a', 10, 7, 0), (1, 'a', 5, 5, 0), (0, 'b', 9000000000, 1, 0), (0, 'c', 15, 1, 0), (2, '', 0, 0, 3)`;
  expect(await readLargestTopics(test.database, 2)).toEqual({
    sums: { received: 9_000_000_030, unique_processed: 14, dead_lettered: 3 },
    total: 3,
    topics: [
      { topic: 'b', received: 9_000_000_000, unique_processed: 1, dead_lettered: 0 },
      { topic: 'a', received: 15, unique_processed: 12, dead_lettered: 0 },
    ],
  });
});
