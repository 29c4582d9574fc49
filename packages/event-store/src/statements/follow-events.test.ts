import { randomBytes } from 'node:crypto';
import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FeedPlace, isFromElsewhere, isOutOfReach } from '../feed-place.ts';
import {
  createTestDatabase,
  holdTransaction,
  storeBatch,
  type TestDatabase,
  type TestEvent,
} from '../testing/index.ts';
import { applyBatches } from './apply-batches.ts';
import { type FeedFilter, type FeedPage, type FollowEvents, followEvents } from './follow-events.ts';
import { listEvents } from './list-events.ts';
import { pruneLedger } from './prune-ledger.ts';
import { readFeedEnd } from './read-feed-end.ts';
import { retireEvents } from './retire-events.ts';
import { skipEvents } from './skip-events.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(testPostgresUrl());
});
afterAll(() => test.drop());
beforeEach(async () => {
  await test.sql`TRUNCATE processed_events, applied_batches, event_stats, stream_accounts`;
  await test.sql`UPDATE pruned_batches SET last_xid = NULL`;
});

const ALL: FeedFilter = { topics: [] };
const follow = (from: FeedPlace, given: Partial<FollowEvents> = {}) =>
  followEvents(test.database, {
    from,
    filters: [ALL],
    maxExamined: 1_000,
    maxEvents: 1_000,
    maxBytes: 1_000_000,
    ...given,
  });
const here = async (): Promise<FeedPlace> => ({ passed: (await readFeedEnd(test.database)).snapshot });
const store = (...events: (string | TestEvent)[]) => storeIn(test.database, events);
let stripe = 0;
async function storeIn(
  database: TestDatabase['database'],
  events: readonly (string | TestEvent)[],
): Promise<void> {
  const whole = events.map((event) => (typeof event === 'string' ? { event_id: event } : event));
  await applyBatches(database, [storeBatch(whole)], { shard: 0, stripe: stripe++ % 100 });
}
const ids = ({ events }: FeedPage) =>
  events.map(({ json }) => (JSON.parse(json) as { event_id: string }).event_id);

/** All pages to the end. */
async function rest(from: FeedPlace, given: Partial<FollowEvents> = {}): Promise<string[]> {
  const found: string[] = [];
  for (let place = from; ; ) {
    const page = await follow(place, given);
    found.push(...ids(page));
    place = page.place;
    if (place.within === undefined) return found;
  }
}

describe('followEvents', () => {
  it('gives what was committed since, in order, and each once', async () => {
    await store('before');
    const from = await here();
    await store('c', 'a', 'a', 'before');
    await store('before'); // brings nothing
    await store('b');
    const page = await follow(from);
    expect(ids(page)).toEqual(['c', 'a', 'b']);
    expect(page.place.within).toBeUndefined();
    expect(page.examined).toBe(3);
    expect(ids(await follow(page.place))).toEqual([]);
    await store('d');
    expect(ids(await follow(page.place))).toEqual(['d']);
  });

  it('begins with nothing where nothing is stored', async () => {
    const from = await here();
    await store('first');
    expect(ids(await follow(from))).toEqual(['first']);
  });

  it('renders an event as the list of events does', async () => {
    const from = await here();
    const payload = '{"big":9007199254740993,"text":"a\\nb","__proto__":{"x":1.0}}';
    const event = `{"topic":"t","event_id":"e","timestamp":"2026-01-01T00:00:00.123456Z","source":"s","payload":${payload}}`;
    await applyBatches(test.database, [storeBatch([], { body: `{"events":[${event}]}` })], {
      shard: 0,
      stripe: 0,
    });
    const [found] = (await follow(from)).events;
    const [listed] = (await listEvents(test.database, { topics: [], limit: 1 })).rows;
    expect(found?.json).toBe(listed?.json);
    expect(found?.json).toContain('9007199254740993');
    expect(found?.json).not.toContain('\n');
  });

  it('misses nothing that commits late, and gives it once', async () => {
    const from = await here();
    const late = await holdTransaction(test.sql);
    await storeIn(late.database, ['late-1', 'late-2']);
    await store('early');
    const first = await follow(from);
    expect(ids(first)).toEqual(['early']);
    const second = await follow(first.place);
    expect(ids(second)).toEqual([]);
    await store('later');
    const third = await follow(second.place);
    expect(ids(third)).toEqual(['later']);
    await late.commit();
    const fourth = await follow(third.place);
    expect(ids(fourth)).toEqual(['late-1', 'late-2']);
    expect(ids(await follow(fourth.place))).toEqual([]);
    // who resumes at any of these places gets the rest
    expect(await rest(first.place)).toEqual(['late-1', 'late-2', 'later']);
    expect(await rest(third.place)).toEqual(['late-1', 'late-2']);
  });

  it('leaves out what was rolled back', async () => {
    const from = await here();
    const aborted = await holdTransaction(test.sql);
    await storeIn(aborted.database, ['never']);
    await store('a');
    const { place } = await follow(from);
    await aborted.rollback();
    await store('never');
    expect(ids(await follow(place))).toEqual(['never']);
    expect(await rest(from)).toEqual(['a', 'never']);
  });

  it('waits for no transaction elsewhere, however old', async () => {
    const old = await holdTransaction(test.sql);
    await old.database.run((sql) => sql`SELECT pg_current_xact_id()`);
    let place = await here();
    for (const id of ['a', 'b', 'c']) {
      await store(id);
      const page = await follow(place);
      expect(ids(page)).toEqual([id]);
      place = page.place;
    }
    await old.rollback();
    expect(ids(await follow(place))).toEqual([]);
  });

  it('does not move for transactions that bring no events: their IDs may be given out again after a crash', async () => {
    await store('a');
    const before = await readFeedEnd(test.database);
    for (let i = 0; i < 3; i += 1) await test.sql`SELECT pg_current_xact_id()`;
    const after = await readFeedEnd(test.database);
    expect(after.nextXid).toBeGreaterThan(before.nextXid);
    expect(after.snapshot).toEqual(before.snapshot);
    expect((await follow({ passed: before.snapshot })).place.passed).toEqual(before.snapshot);
  });

  it('resumes exactly behind any event of a step, whatever is committed meanwhile', async () => {
    const from = await here();
    const late = await holdTransaction(test.sql);
    await storeIn(late.database, ['late']);
    await applyBatches(
      test.database,
      [
        storeBatch([{ event_id: 'a1' }, { event_id: 'a2' }]),
        storeBatch([{ event_id: 'b1' }, { event_id: 'b2' }]),
      ],
      { shard: 0, stripe: 100 },
    );
    await store('c1', 'c2');
    const step = await follow(from);
    await late.commit();
    await store('d');
    const all = ids(step);
    expect(all).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
    for (const [i, event] of step.events.entries()) {
      for (const given of [{}, { maxEvents: 1 }, { maxExamined: 1 }, { maxBytes: 1 }]) {
        // the step's own end comes first, then what came after it
        const { within, passed } = event.place;
        if (within !== undefined) expect(await rest(event.place, given)).toEqual(all.slice(i + 1));
        expect(await rest({ passed: within?.until ?? passed }, given)).toEqual(['late', 'd']);
      }
    }
    expect(step.events.at(-1)?.place).toEqual(step.place);
  });

  it('ends where it is told to', async () => {
    const from = await here();
    await store('a', 'b');
    const until = (await readFeedEnd(test.database)).snapshot;
    await store('c');
    const page = await follow(from, { until });
    expect(ids(page)).toEqual(['a', 'b']);
    expect(page.place).toEqual({ passed: until });
    expect(ids(await follow(from, { until: from.passed }))).toEqual([]);
  });

  it('bounds a page by events, by bytes and by what it looks at, but gives one event at least', async () => {
    const from = await here();
    for (let i = 0; i < 4; i += 1) await store(...[0, 1, 2].map((j) => `e${i}${j}`));
    const expected = ids(await follow(from));
    expect(expected).toHaveLength(12);
    expect((await follow(from, { maxEvents: 5 })).events).toHaveLength(5);
    expect((await follow(from, { maxBytes: 500 })).events).toHaveLength(3);
    expect((await follow(from, { maxBytes: 1 })).events).toHaveLength(1);
    // by whole batches
    expect(await follow(from, { maxExamined: 4 })).toMatchObject({ events: { length: 6 }, examined: 6 });
    for (const given of [{ maxEvents: 5 }, { maxBytes: 500 }, { maxBytes: 1 }, { maxExamined: 1 }]) {
      expect(await rest(from, given)).toEqual(expected);
    }
  });

  it('does not render what is too much for a page anyway', async () => {
    const from = await here();
    // not to be compressed
    const text = randomBytes(600_000).toString('base64');
    for (let i = 0; i < 8; i += 1) await store({ event_id: `large-${i}`, payload: { text: `${i}${text}` } });
    const page = await follow(from, { maxBytes: 1e9 });
    expect(page.events).toHaveLength(5);
    expect(await rest(from, { maxBytes: 1e9 })).toHaveLength(8);
  });

  it('says which filters take an event, and moves past what none of them takes', async () => {
    const from = await here();
    await store(
      { topic: 'a', event_id: '1', payload: { user: { id: 7, name: 'x' }, tags: ['p', 'q'] } },
      { topic: 'b', event_id: '2', payload: { user: { id: 8 }, n: 1.0 } },
      { topic: 'c', event_id: '3' },
    );
    const filters: FeedFilter[] = [
      { topics: ['a', 'b'] },
      { topics: ['a'], source: 'shop' },
      { topics: ['a'], source: 'elsewhere' },
      { topics: [], contains: '{"user":{"id":7}}' },
      { topics: ['b'], contains: '{"n":1}' },
      { topics: [], contains: '{"tags":["q"]}' },
    ];
    const { events } = await follow(from, { filters });
    expect(events.map(({ filters: taking }) => taking.toSorted())).toEqual([
      [0, 1, 3, 5],
      [0, 4],
    ]);
    const none = await follow(from, { filters: [{ topics: [], contains: '{"n":2}' }] });
    expect(none.events).toEqual([]);
    expect(ids(await follow(none.place))).toEqual([]);
    expect(await rest(from, { filters: [{ topics: [], source: 'nowhere' }], maxExamined: 1 })).toEqual([]);
  });

  it('reads topics by their index, in the same order and as exactly', async () => {
    const from = await here();
    const late = await holdTransaction(test.sql);
    await storeIn(late.database, [
      { topic: 'a', event_id: 'late' },
      { topic: 'x', event_id: 'late' },
    ]);
    for (let i = 0; i < 5; i += 1) {
      await store(...['b', 'x', 'a', 'b'].map((topic, j) => ({ topic, event_id: `${i}${j}` })));
    }
    const filters = [{ topics: ['a'] }, { topics: ['b', 'a', 'b'] }];
    const expected = [0, 1, 2, 3, 4].flatMap((i) => [`${i}0`, `${i}2`, `${i}3`]);
    const page = await follow(from, { filters });
    expect(ids(page)).toEqual(expected);
    for (const given of [{ maxEvents: 2 }, { maxExamined: 3 }]) {
      expect(await rest(from, { filters, ...given })).toEqual(expected);
    }
    await late.commit();
    expect(await rest(page.place, { filters })).toEqual(['late']);
    expect(ids(await follow(from, { filters: [{ topics: ['nowhere'] }] }))).toEqual([]);
  });

  it('leaves alone what a restored dump brought along: IDs of another system', async () => {
    await store('old');
    await test.sql`UPDATE applied_batches SET xid = '999999999999'`;
    await test.sql`UPDATE pruned_batches SET last_xid = '999999999998'`;
    const from = await here();
    expect(isFromElsewhere(from, (await readFeedEnd(test.database)).nextXid)).toBe(false);
    await store('new');
    const page = await follow(from);
    expect(ids(page)).toEqual(['new']);
    expect(page.prunedXid).toBeUndefined();
    expect(ids(await follow(page.place))).toEqual([]);
    expect(await skipEvents(test.database, page.place)).toMatchObject({ events: 0 });
  });
});

describe('what is out of reach', () => {
  it('is known when the ledger was pruned', async () => {
    const from = await here();
    await store('a');
    const middle = await here();
    await test.sql`UPDATE applied_batches SET applied_at = now() - interval '2 days'`;
    await store('b');
    const bound = { retentionHours: 24, oldestEntryMs: undefined };
    expect((await follow(from)).prunedXid).toBeUndefined();
    expect(await pruneLedger(test.database, bound, 10)).toBe(1);
    const { prunedXid, events } = await follow(from);
    expect(events).toHaveLength(1);
    expect(isOutOfReach(from, prunedXid)).toBe(true);
    expect(isOutOfReach(middle, prunedXid)).toBe(false);
    // also where nothing is left that could tell
    await test.sql`UPDATE applied_batches SET applied_at = now() - interval '2 days'`;
    expect(await pruneLedger(test.database, bound, 10)).toBe(1);
    const { snapshot, prunedXid: last } = await readFeedEnd(test.database);
    expect(isOutOfReach({ passed: snapshot }, last)).toBe(false);
    expect(isOutOfReach(middle, last)).toBe(true);
  });

  it('is known when events were removed', async () => {
    const from = await here();
    await store('a', 'b');
    await store('c');
    expect((await follow(from)).retired).toBe(false);
    await test.sql`UPDATE processed_events SET processed_at = now() - interval '2 days' WHERE event_id <> 'c'`;
    await retireEvents(test.database, { retentionHours: 24, afterSeq: '0', maxRows: 10 });
    const page = await follow(from);
    expect([ids(page), page.retired]).toEqual([['c'], true]);
    await test.sql`TRUNCATE processed_events`;
    expect((await follow(from)).retired).toBe(true);
    expect((await follow(page.place)).retired).toBe(false);
  });
});

describe('skipEvents', () => {
  it('counts what it leaves out, also from within a step and with what commits late', async () => {
    const from = await here();
    const late = await holdTransaction(test.sql);
    await storeIn(late.database, ['l1', 'l2']);
    await store('a', 'b', 'c');
    await store('a', 'd');
    const step = await follow(from);
    expect(await skipEvents(test.database, from)).toEqual({ snapshot: step.place.passed, events: 4 });
    await late.commit();
    await store('e');
    const { snapshot, events } = await skipEvents(test.database, from);
    expect(events).toBe(7);
    for (const [i, event] of step.events.entries()) {
      expect(await skipEvents(test.database, event.place)).toEqual({ snapshot, events: 6 - i });
    }
    expect(await skipEvents(test.database, { passed: snapshot })).toEqual({ snapshot, events: 0 });
  });
});

it('readFeedEnd tells databases apart', async () => {
  const other = await createTestDatabase(testPostgresUrl());
  const origins = await Promise.all(
    [test, test, other].map(async ({ database }) => (await readFeedEnd(database)).origin),
  );
  expect(origins[0]).toBe(origins[1]);
  expect(origins[0]).not.toBe(origins[2]);
  await other.drop();
});
