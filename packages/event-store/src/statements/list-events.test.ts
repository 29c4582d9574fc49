import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, storeBatch, type TestDatabase } from '../testing/index.ts';
import { applyBatches } from './apply-batches.ts';
import { type EventFilter, type EventPlace, listEvents } from './list-events.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(testPostgresUrl());
  const events = Array.from({ length: 30 }, (_, i) => ({
    topic: `t${i % 3}`,
    event_id: `e${String(i).padStart(2, '0')}`,
    source: i % 2 === 0 ? 'even' : 'odd',
    timestamp: `2026-01-${String(i + 1).padStart(2, '0')}T00:00:00Z`,
  }));
  await applyBatches(test.database, [storeBatch(events)], { shard: 0, stripe: 0 });
});
afterAll(() => test.drop());

const ids = async (filter: Partial<EventFilter>): Promise<string[]> => {
  const { rows } = await listEvents(test.database, { topics: [], limit: 1000, ...filter });
  return rows.map(({ json }) => (JSON.parse(json) as { event_id: string }).event_id);
};

it('lists the newest first', async () => {
  expect(await ids({ limit: 3 })).toEqual(['e29', 'e28', 'e27']);
});

it('filters by one topic and by several, each once', async () => {
  expect(await ids({ topics: ['t1'], limit: 2 })).toEqual(['e28', 'e25']);
  expect(await ids({ topics: ['t1', 't2', 't1'], limit: 3 })).toEqual(['e29', 'e28', 'e26']);
  expect(await ids({ topics: ['nowhere'] })).toEqual([]);
});

it('filters by source, event ID and time, from inclusive to exclusive', async () => {
  expect(await ids({ source: 'odd', limit: 2 })).toEqual(['e29', 'e27']);
  expect(await ids({ eventId: 'e07' })).toEqual(['e07']);
  expect(await ids({ since: '2026-01-02T00:00:00Z', until: '2026-01-04T01:00:00+01:00' })).toEqual([
    'e02',
    'e01',
  ]);
});

it('filters by what the payload contains, as jsonb compares it', async () => {
  const payloads = [
    '{"n":9007199254740993,"a":{"b":[1,{"c":2}]}}',
    '{"n":9007199254740992}',
    '{"n":"9007199254740993"}',
  ];
  for (const [i, payload] of payloads.entries()) {
    const event = `{"topic":"contains","event_id":"c${i}","timestamp":"2020-06-01T00:00:00Z","source":"s","payload":${payload}}`;
    await applyBatches(test.database, [storeBatch([], { body: `{"events":[${event}]}` })], {
      shard: 0,
      stripe: 0,
    });
  }
  expect(await ids({ contains: '{"n":9007199254740993.0}' })).toEqual(['c0']);
  expect(await ids({ contains: '{"a":{"b":[{"c":2}]}}', topics: ['contains'] })).toEqual(['c0']);
  expect(
    await ids({ contains: '{}', since: '2020-06-01T00:00:00Z', until: '2020-06-02T00:00:00Z' }),
  ).toHaveLength(3);
  expect(await ids({ contains: '{"a":1}' })).toEqual([]);
  await test.sql`DELETE FROM processed_events WHERE topic = 'contains'`;
});

it('pages without gaps or repeats', async () => {
  const seen: string[] = [];
  let after: EventPlace | undefined;
  for (;;) {
    const { rows } = await listEvents(test.database, { topics: ['t0', 't2'], limit: 7, after });
    if (rows.length === 0) break;
    seen.push(...rows.map(({ json }) => (JSON.parse(json) as { event_id: string }).event_id));
    after = rows.at(-1);
  }
  expect(seen).toEqual([...(await ids({ topics: ['t0', 't2'] }))]);
  expect(new Set(seen).size).toBe(20);
});

it('renders the fields of the contract, timestamps in UTC', async () => {
  const { rows } = await listEvents(test.database, { topics: [], limit: 1 });
  const [row] = rows;
  const event = JSON.parse(row?.json ?? '') as Record<string, unknown>;
  expect(Object.keys(event)).toEqual(['topic', 'event_id', 'timestamp', 'source', 'payload', 'processed_at']);
  expect(event['timestamp']).toBe('2026-01-30T00:00:00+00:00');
  expect(event['processed_at']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/);
});

it('lists a window of time by timestamp, newest first, and pages through it, late arrivals in their place', async () => {
  const at = (day: number) => `2020-01-${String(day).padStart(2, '0')}T00:00:00Z`;
  // arrival is not the order of the timestamps, and some are the same
  const days = [5, 1, 9, 3, 5, 7, 2, 5];
  const late = days.map((day, i) => ({
    topic: `late${i % 2}`,
    event_id: `d${day}-${i}`,
    timestamp: at(day),
  }));
  await applyBatches(test.database, [storeBatch(late)], { shard: 0, stripe: 0 });
  const window = { since: at(2), until: at(9) };
  const expected = ['d7-5', 'd5-7', 'd5-4', 'd5-0', 'd3-3', 'd2-6'];
  expect(await ids(window)).toEqual(expected);
  expect(await ids({ ...window, topics: ['late0', 'late0'] })).toEqual(['d5-4', 'd5-0', 'd2-6']);
  const seen: string[] = [];
  for (let after: EventPlace | undefined; ; ) {
    const { rows, more } = await listEvents(test.database, { topics: [], limit: 2, after, ...window });
    seen.push(...rows.map(({ json }) => (JSON.parse(json) as { event_id: string }).event_id));
    after = rows.at(-1);
    if (!more) break;
    // a page goes on also where the event that the last one ended with was removed meanwhile
    await test.sql`DELETE FROM processed_events WHERE seq = ${after?.seq ?? ''}`;
  }
  expect(seen).toEqual(expected);
});

it('ends a page before it becomes too large for a response, but never before its first event', async () => {
  const events = Array.from({ length: 5 }, (_, i) => ({
    topic: 'large',
    event_id: `l${i}`,
    payload: { text: 'x'.repeat(i === 4 ? 17_000_000 : 6_000_000) },
  }));
  for (const each of events) await applyBatches(test.database, [storeBatch([each])], { shard: 0, stripe: 0 });
  const first = await listEvents(test.database, { topics: ['large'], limit: 100 });
  expect(first).toMatchObject({ more: true, rows: { length: 1 } });
  const second = await listEvents(test.database, {
    topics: ['large'],
    limit: 100,
    after: first.rows[0],
  });
  expect(second).toMatchObject({ more: true, rows: { length: 2 } });
  const third = await listEvents(test.database, {
    topics: ['large'],
    limit: 2,
    after: second.rows[1],
  });
  expect(third).toMatchObject({ more: false, rows: { length: 2 } });
});
