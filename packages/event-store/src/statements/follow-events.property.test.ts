import { testPostgresUrl } from '@oncelog/local-stack/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FeedPlace } from '../feed-place.ts';
import {
  createTestDatabase,
  holdTransaction,
  openTestSql,
  storeBatch,
  type TestDatabase,
} from '../testing/index.ts';
import { applyBatches } from './apply-batches.ts';
import { type FeedFilter, followEvents } from './follow-events.ts';
import { readFeedEnd } from './read-feed-end.ts';

let test: TestDatabase;
let sql: ReturnType<typeof openTestSql>;
beforeAll(async () => {
  test = await createTestDatabase(testPostgresUrl());
  sql = openTestSql(test.url, 8);
});
afterAll(async () => {
  await sql.end();
  await test.drop();
});

const TOPICS = ['a', 'b', 'c'];
/** Few keys, so that much collides and waits for one another. */
const key = fc.record({ topic: fc.constantFrom(...TOPICS), event_id: fc.nat(40).map((n) => `e${n}`) });
/** A transaction: its batches, how long it stays open after its statement, and what becomes of it. */
const transaction = fc.record({
  batches: fc.array(fc.array(key, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
  openForTurns: fc.nat(6),
  aborts: fc.boolean(),
});
const writers = fc.array(fc.array(transaction, { minLength: 1, maxLength: 5 }), {
  minLength: 2,
  maxLength: 4,
});
/** A reader: what it wants, and the sizes of its pages, over and over; after some pages it resumes behind an event. */
const reader = fc.record({
  filter: fc.constantFrom<FeedFilter>(
    { topics: [] },
    { topics: ['a'] },
    { topics: ['a', 'c'] },
    { topics: [], contains: '{"n":1}' },
  ),
  pages: fc.array(
    fc.record({
      maxEvents: fc.integer({ min: 1, max: 12 }),
      maxExamined: fc.integer({ min: 1, max: 12 }),
      keep: fc.nat(12),
    }),
    {
      minLength: 1,
      maxLength: 5,
    },
  ),
});

const turn = () => sql`SELECT 1`;

type Transaction = typeof transaction extends fc.Arbitrary<infer T> ? T : never;
type Reader = typeof reader extends fc.Arbitrary<infer T> ? T : never;

async function write(transactions: readonly Transaction[], stripe: number): Promise<void> {
  for (const { batches, openForTurns, aborts } of transactions) {
    const held = await holdTransaction(sql);
    const whole = batches.map((keys) =>
      storeBatch(keys.map((one) => ({ ...one, payload: { n: one.event_id.length % 2 } }))),
    );
    await applyBatches(held.database, whole, { shard: 0, stripe });
    for (let i = 0; i < openForTurns; i += 1) await turn();
    await (aborts ? held.rollback() : held.commit());
  }
}

/** Follows until the writers are done and the end is reached; keeps only the beginning of some pages, as a client that is cut off. */
async function read({ filter, pages }: Reader, from: FeedPlace, isDone: () => boolean): Promise<string[]> {
  const found: string[] = [];
  for (let place = from, n = 0; ; n += 1) {
    // the end of a step that began before is not the end
    const done = isDone() && place.within === undefined;
    const { keep, ...limits } = pages[n % pages.length] as Reader['pages'][number];
    const page = await followEvents(test.database, {
      from: place,
      filters: [filter],
      maxBytes: 1e6,
      ...limits,
    });
    const kept = page.events.slice(0, keep + 1);
    found.push(...kept.map(({ json }) => json));
    place = (kept.length < page.events.length ? kept.at(-1)?.place : page.place) as FeedPlace;
    if (done && place === page.place && place.within === undefined) return found;
  }
}

it('gives every stored event exactly once to whoever follows, for any interleaving of commits, aborts, pages and resumes', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(writers, fc.array(reader, { minLength: 2, maxLength: 4 }), async (writing, reading) => {
      await test.sql`TRUNCATE processed_events, applied_batches, event_stats, stream_accounts`;
      const from = { passed: (await readFeedEnd(test.database)).snapshot };
      let done = false;
      const following = reading.map((one) => read(one, from, () => done));
      await Promise.all(writing.map(write)).finally(() => {
        done = true;
      });
      const found = await Promise.all(following);
      const stored = await test.sql<{ topic: string; n: number; json: string }[]>`
        SELECT topic, (payload ->> 'n')::int AS n, (
          SELECT row_to_json(one)::text FROM (SELECT topic, event_id, "timestamp", source, payload, processed_at) AS one
        ) AS json
        FROM processed_events`;
      for (const [i, { filter }] of reading.entries()) {
        const wanted = stored.filter(
          ({ topic, n }) =>
            (filter.topics.length === 0 || filter.topics.includes(topic)) &&
            (filter.contains === undefined || n === 1),
        );
        expect(found[i]?.toSorted()).toEqual(wanted.map(({ json }) => json).sort());
      }
    }),
    { numRuns: 40 },
  );
});
