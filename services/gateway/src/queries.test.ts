import { randomUUID } from 'node:crypto';
import type { BatchReceipt, ProblemDetails, Stats, StoredEvent } from '@oncelog/event-schema';
import { applyBatches } from '@oncelog/event-store';
import { storeBatch } from '@oncelog/event-store/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyOf, event, openTestGateway, type TestGateway } from './testing/gateway.ts';

let gateway: TestGateway;
const batchId = randomUUID();
beforeAll(async () => {
  gateway = await openTestGateway();
  const events = Array.from({ length: 25 }, (_, i) => ({ topic: `t${i % 2}`, event_id: `e${i}` }));
  await applyBatches(
    gateway.test.database,
    [storeBatch([...events, { topic: 't0', event_id: 'e0' }], { batchId })],
    { shard: 0, stripe: 3 },
  );
  const exact =
    '{"topic":"exact","event_id":"x","timestamp":"2026-01-01T00:00:00Z","source":"s","payload":{"n":9007199254740993,"__proto__":{"a":1.0}}}';
  await applyBatches(gateway.test.database, [storeBatch([], { body: `{"events":[${exact}]}` })], {
    shard: 0,
    stripe: 0,
  });
});
afterAll(() => gateway.close());

const get = (path: string) => fetch(`${gateway.url}${path}`);
const eventsOf = async (response: Response) => (await response.json()) as StoredEvent[];

describe('GET /events', () => {
  it('lists the newest first, with the fields of the contract', async () => {
    const [first, second] = await eventsOf(await get('/events?limit=2'));
    expect(Object.keys(first ?? {})).toEqual([
      'topic',
      'event_id',
      'timestamp',
      'source',
      'payload',
      'processed_at',
    ]);
    expect([first?.event_id, second?.event_id]).toEqual(['x', 'e24']);
  });

  it('returns numbers and keys as they were sent', async () => {
    const text = await (await get('/events?topic=exact')).text();
    expect(text).toContain('9007199254740993');
    expect(text).toContain('"__proto__": {"a": 1.0}');
  });

  it('keeps a filter that stands behind any number of separators', async () => {
    const events = await eventsOf(await get(`/events?topic=t0${'&'.repeat(2_000)}&event_id=e24`));
    expect(events.map(({ event_id }) => event_id)).toEqual(['e24']);
  });

  it('pages through the Link header, without gaps or repeats, keeping the filters', async () => {
    const seen: string[] = [];
    let next: string | undefined = '/events?topic=t0&topic=t1&limit=10';
    while (next !== undefined) {
      const response = await get(next);
      seen.push(...(await eventsOf(response)).map(({ event_id }) => event_id));
      next = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `e${24 - i}`));
  });

  it('does not offer a next page after the last event', async () => {
    expect((await get('/events?topic=t0&limit=13')).headers.get('link')).toBeNull();
    expect((await get('/events?topic=t0&limit=12')).headers.get('link')).not.toBeNull();
  });

  it.each([
    ['limit=0', '/query/limit'],
    ['limit=1001', '/query/limit'],
    ['color=red', '/query/color'],
    ['cursor=abc', '/query/cursor'],
    ['source=a&source=b', '/query/source'],
    ['since=yesterday', '/query/since'],
    ['topic=%00', '/query/topic'],
  ])('refuses %s and names the parameter', async (search, pointer) => {
    const response = await get(`/events?${search}`);
    expect(response.status).toBe(422);
    const { code, errors } = (await response.json()) as ProblemDetails;
    expect(code).toBe('invalid-query');
    expect(errors?.[0]?.pointer).toMatch(new RegExp(`^${pointer}`));
  });
});

describe('GET /batches', () => {
  it('reports batches that were applied and leaves out others', async () => {
    const response = await get(`/batches?batch_id=${batchId}&batch_id=${randomUUID()}`);
    const [receipt, ...rest] = (await response.json()) as BatchReceipt[];
    expect(rest).toEqual([]);
    expect(receipt).toEqual({
      batch_id: batchId,
      received: 26,
      unique_processed: 25,
      duplicate_dropped: 1,
      dead_lettered: 0,
      applied_at: expect.stringMatching(/^20\d\d-.*\+00:00$/),
    });
  });

  it('refuses what is not a UUID', async () => {
    expect((await get('/batches?batch_id=x')).status).toBe(422);
    expect((await get('/batches')).status).toBe(422);
  });
});

describe('GET /stats', () => {
  it('sums the counters and adds what is in the stream', async () => {
    await gateway.post(bodyOf(event(), event()));
    expect((await (await get('/stats')).json()) as Stats).toMatchObject({
      received: 27,
      unique_processed: 26,
      duplicate_dropped: 1,
      topics: ['exact', 't0', 't1'],
      status: 'running',
      accepted: 29, // what was applied came from an epoch before this stream's
      in_flight: 2,
      dead_lettered: 0,
      by_topic: [
        { topic: 'exact', received: 1, unique_processed: 1, duplicate_dropped: 0 },
        { topic: 't0', received: 14, unique_processed: 13, duplicate_dropped: 1 },
        { topic: 't1', received: 12, unique_processed: 12, duplicate_dropped: 0 },
      ],
    });
  });
});

describe('operations', () => {
  it('reports health in the words of the contract', async () => {
    const response = await get('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'healthy',
      database: 'connected',
      redis: 'connected',
      timestamp: expect.stringMatching(/Z$/),
    });
    expect((await get('/health/live')).status).toBe(200);
    expect((await get('/health/ready')).status).toBe(200);
  });

  it('counts accepted events for Prometheus', async () => {
    expect(await (await get('/metrics')).text()).toMatch(/oncelog_gateway_accepted_events_total\{.*\} 2\n/);
  });
});

it('answers 503 when a query cannot be answered in time, 500 when the schema is wrong, and goes on afterwards', async () => {
  const lock = await gateway.test.sql.reserve();
  await lock`BEGIN`;
  await lock`LOCK TABLE processed_events IN ACCESS EXCLUSIVE MODE`;
  const late = await get('/events');
  expect(late.status).toBe(503);
  expect(await late.json()).toMatchObject({ code: 'query-timeout' });
  await lock`COMMIT`;
  lock.release();
  await gateway.test.sql`ALTER TABLE processed_events RENAME TO hidden`;
  const response = await get('/events');
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('processed_events');
  await gateway.test.sql`ALTER TABLE hidden RENAME TO processed_events`;
  expect((await get('/events')).status).toBe(200);
});

it('keeps every filter in the next page, also one with a question mark', async () => {
  await applyBatches(
    gateway.test.database,
    [storeBatch(['1', '2', '3'].map((event_id) => ({ topic: 'a?b&c', event_id })))],
    { shard: 0, stripe: 0 },
  );
  const response = await get(`/events?topic=${encodeURIComponent('a?b&c')}&limit=2`);
  const next = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1] ?? '';
  expect((await eventsOf(await get(next))).map(({ event_id }) => event_id)).toEqual(['1']);
});

describe('GET /events?contains=', () => {
  const containing = (filter: unknown, more = '') =>
    get(
      `/events?contains=${encodeURIComponent(typeof filter === 'string' ? filter : JSON.stringify(filter))}${more}`,
    );
  beforeAll(async () => {
    const events = Array.from({ length: 5 }, (_, i) => ({
      topic: 'contains',
      event_id: `c${i}`,
      payload: { user: { id: i % 2, name: 'n' }, tags: ['a', `t${i}`] },
    }));
    await applyBatches(gateway.test.database, [storeBatch(events)], { shard: 0, stripe: 0 });
  });

  it('lists events whose payload contains an object, with any other filter', async () => {
    const ids = async (response: Response) => (await eventsOf(response)).map(({ event_id }) => event_id);
    expect(await ids(await containing({ user: { id: 1 } }))).toEqual(['c3', 'c1']);
    expect(await ids(await containing({ tags: ['t2'] }, '&topic=contains'))).toEqual(['c2']);
    expect(await ids(await containing({ tags: ['t2'] }, '&topic=t0'))).toEqual([]);
    expect(await ids(await containing({}, '&topic=contains&limit=1'))).toEqual(['c4']);
  });

  it('compares numbers as they were sent', async () => {
    expect(await eventsOf(await containing('{"n":9007199254740993}'))).toHaveLength(1);
    expect(await eventsOf(await containing('{"n":9007199254740992}'))).toHaveLength(0);
    expect(await eventsOf(await containing('{"n":9007199254740993.0}'))).toHaveLength(1);
  });

  it('pages, keeping the filter', async () => {
    const response = await containing({ user: { id: 0 } }, '&limit=2');
    const next = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1] ?? '';
    expect((await eventsOf(await get(next))).map(({ event_id }) => event_id)).toEqual(['c0']);
  });

  it.each(['', '{', '[]', '"a"', '{"a":"\\u0000"}', '{"a":1e999999999}', 'x'.repeat(5_000)])(
    'refuses %.20s',
    async (filter) => {
      const response = await containing(filter);
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({
        code: 'invalid-query',
        errors: [{ pointer: '/query/contains' }],
      });
    },
  );
});
