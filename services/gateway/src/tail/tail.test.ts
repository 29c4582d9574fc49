import type { ProblemDetails, StoredEvent } from '@oncelog/event-schema';
import { applyBatches, type Database, pruneLedger } from '@oncelog/event-store';
import { holdTransaction, storeBatch, type TestEvent } from '@oncelog/event-store/testing';
import { openSse, type SseReader } from '@oncelog/local-stack/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTestGateway, type TestGateway, type TestGatewayOptions } from '../testing/gateway.ts';

let shared: TestGateway;
let gateway: TestGateway;
const readers: SseReader[] = [];
/** For what others would disturb, or be disturbed by. */
const open = async (tail: TestGatewayOptions['tail'] = {}, more: TestGatewayOptions = {}) => {
  gateway = await openTestGateway({ tail: { pollMs: 20, ...tail }, ...more });
};
beforeAll(async () => {
  await open();
  shared = gateway;
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  if (gateway !== shared) await gateway.close();
  gateway = shared;
  await shared.test.sql`TRUNCATE processed_events, applied_batches, event_stats, stream_accounts`;
});
afterAll(() => shared.close());

const WAIT = { timeout: 10_000, interval: 10 };
const tail = async (search = '', lastEventId?: string): Promise<SseReader> => {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const reader = await openSse(`${gateway.url}/tail${search}`, headers as Record<string, string>);
  readers.push(reader);
  return reader;
};
let stripe = 0;
const store = async (...events: (string | TestEvent)[]): Promise<void> => {
  const whole = events.map((event) => (typeof event === 'string' ? { event_id: event } : event));
  await applyBatches(gateway.test.database, [storeBatch(whole)], { shard: 0, stripe: stripe++ % 50 });
};
const idsOf = ({ messages }: SseReader): string[] =>
  messages
    .filter(({ type }) => type === 'message')
    .map(({ data }) => (JSON.parse(data) as StoredEvent).event_id);
const droppedOf = ({ messages }: SseReader): unknown[] =>
  messages.filter(({ type }) => type === 'dropped').map(({ data }) => JSON.parse(data));
const receives = (reader: SseReader, ids: readonly string[]) =>
  vi.waitFor(() => expect(idsOf(reader)).toEqual(ids), WAIT);
const range = (n: number, name = 'e') => Array.from({ length: n }, (_, i) => `${name}${i}`);

describe('GET /tail', () => {
  it('sends what is stored from now on, as GET /events has it, with an ID each', async () => {
    await store('before');
    const reader = await tail();
    expect(reader.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    await vi.waitFor(() => expect(reader.lastEventId).not.toBe(''), WAIT);
    await store('a', 'b', 'a');
    await store('b');
    await store('c');
    await receives(reader, ['a', 'b', 'c']);
    expect(new Set(reader.messages.map(({ id }) => id)).size).toBe(3);
    const listed = await (await fetch(`${gateway.url}/events?limit=3`)).text();
    expect(
      `[${reader.messages
        .map(({ data }) => data)
        .toReversed()
        .join(',')}]`,
    ).toBe(listed);
  });

  it('misses nothing that commits late', async () => {
    const reader = await tail();
    const late = await holdTransaction(gateway.test.sql);
    await applyBatches(late.database, [storeBatch([{ event_id: 'late' }])], { shard: 0, stripe: 51 });
    await store('early');
    await receives(reader, ['early']);
    await late.commit();
    await receives(reader, ['early', 'late']);
  });

  it('sends each client what its filter takes', async () => {
    const [all, ofTopic, ofSource, containing, both] = await Promise.all(
      [
        '',
        '?topic=a&topic=b',
        '?source=other',
        `?contains=${encodeURIComponent('{"n":9007199254740993}')}`,
        `?topic=a&contains=${encodeURIComponent('{"x":{"y":1}}')}`,
      ].map((search) => tail(search)),
    );
    await store({ topic: 'a', event_id: '1' }, { topic: 'b', event_id: '2', payload: { x: { y: 1, z: 2 } } });
    await store({ topic: 'c', event_id: '3', source: 'other' } as TestEvent);
    const exact =
      '{"topic":"c","event_id":"4","timestamp":"2026-01-01T00:00:00Z","source":"s","payload":{"n":9007199254740993}}';
    const near = exact.replace('"4"', '"5"').replace('993', '992');
    await applyBatches(gateway.test.database, [storeBatch([], { body: `{"events":[${exact},${near}]}` })], {
      shard: 0,
      stripe: 0,
    });
    await store({ topic: 'a', event_id: '6', payload: { x: { y: 1 } } });
    await receives(all as SseReader, ['1', '2', '3', '4', '5', '6']);
    await receives(ofTopic as SseReader, ['1', '2', '6']);
    await receives(ofSource as SseReader, ['3']);
    await receives(containing as SseReader, ['4']);
    expect(containing?.messages[0]?.data).toContain('9007199254740993');
    await receives(both as SseReader, ['6']);
  });

  it('resumes behind any event, and from the beginning of a connection that brought none', async () => {
    const first = await tail();
    await vi.waitFor(() => expect(first.lastEventId).not.toBe(''), WAIT);
    const start = first.lastEventId;
    await store(...range(5, 'a'));
    await store(...range(5, 'b'));
    const expected = [...range(5, 'a'), ...range(5, 'b')];
    await receives(first, expected);
    first.close();
    await first.ended;
    await store('c');
    const places = [start, ...first.messages.map(({ id }) => id)];
    for (const [i, id] of places.entries()) {
      const resumed = await tail('', id);
      await receives(resumed, [...expected.slice(i), 'c']);
      resumed.close();
    }
    // more than a page, while more comes
    await store(...range(700, 'd'));
    await store(...range(900, 'f'));
    const resumed = await tail('', start);
    await store('last');
    await receives(resumed, [...expected, 'c', ...range(700, 'd'), ...range(900, 'f'), 'last']);
  });

  it('refuses unknown parameters, bad filters, and IDs that are none of its own', async () => {
    const reader = await tail();
    await vi.waitFor(() => expect(reader.lastEventId).not.toBe(''), WAIT);
    const [origin] = reader.lastEventId.split('.');
    const ofId = ['invalid-last-event-id', '/headers/last-event-id'];
    for (const [id, search, code, pointer, rule] of [
      ['', 'color=red', 'invalid-query', '/query/color', 'unknown-parameter'],
      ['', 'contains=[]', 'invalid-query', '/query/contains', 'type'],
      ['', 'topic=', 'invalid-query', '/query/topic', 'min-length'],
      ['17', '', ...ofId, 'event-id'],
      ['00000000.3', '', ...ofId, 'event-id'],
      // of a time that this store does not know
      [`${origin}.ffffffffffff`, '', ...ofId, 'unknown-place'],
    ] as const) {
      const headers: Record<string, string> = id === '' ? {} : { 'last-event-id': id };
      const response = await fetch(`${gateway.url}/tail?${search}`, { headers });
      expect(response.status).toBe(422);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      const problem = (await response.json()) as ProblemDetails;
      const [error] = problem.errors ?? [];
      expect([problem.code, error?.pointer, error?.rule]).toEqual([code, pointer, rule]);
    }
  });

  it('answers HEAD without keeping the connection', async () => {
    const response = await fetch(`${gateway.url}/tail`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
  });

  it('begins as far back as there is where the ledger was pruned, and says so', async () => {
    await open();
    const first = await tail();
    await vi.waitFor(() => expect(first.lastEventId).not.toBe(''), WAIT);
    const start = first.lastEventId;
    await store('old');
    await gateway.test.sql`UPDATE applied_batches SET applied_at = now() - interval '2 days'`;
    await store('new');
    await receives(first, ['old', 'new']);
    const [, newer] = first.messages;
    expect(
      await pruneLedger(gateway.test.database, { retentionHours: 24, oldestEntryMs: undefined }, 10),
    ).toBe(1);
    const resumed = await tail('', start);
    await receives(resumed, ['new']);
    expect(resumed.messages[0]).toMatchObject({
      type: 'dropped',
      data: '{"events":null,"reason":"retention"}',
    });
    const later = await tail('', newer?.id ?? '');
    await store('newest');
    await receives(later, ['newest']);
    expect(droppedOf(later)).toEqual([]);
  });

  it('goes to the present when more comes than it may read, and says how many it left out', async () => {
    await open({ eventsPerSecond: 100, burstEvents: 150, restMs: 100, maxPageEvents: 50 });
    const [all, some] = await Promise.all([tail(), tail('?topic=other')]);
    await vi.waitFor(() => expect([all?.lastEventId, some?.lastEventId]).not.toContain(''), WAIT);
    for (let i = 0; i < 10; i += 1) await store(...range(200, `burst${i}-`));
    await vi.waitFor(() => {
      const dropped = droppedOf(all as SseReader) as { events: number; reason: string }[];
      expect(dropped.every(({ reason }) => reason === 'rate')).toBe(true);
      const left = dropped.reduce((sum, { events }) => sum + events, 0);
      expect(left).toBeGreaterThan(0);
      expect(left + idsOf(all as SseReader).length).toBe(2_000);
    }, WAIT);
    expect(droppedOf(some as SseReader).every((one) => (one as { events: unknown }).events === null)).toBe(
      true,
    );
    // who resumes at a notice does not get what it says was left out; who resumes before it does
    const notice = all?.messages.find(({ type }) => type === 'dropped');
    const before = all?.messages[(all?.messages.indexOf(notice as never) ?? 0) - 1];
    const [behind, exact] = await Promise.all([tail('', notice?.id), tail('', before?.id)]);
    await vi.waitFor(() => {
      const from = idsOf(all as SseReader).indexOf(
        (JSON.parse(before?.data ?? '{}') as StoredEvent).event_id,
      );
      expect(idsOf(exact as SseReader)).toHaveLength(2_000 - from - 1);
    }, WAIT);
    const lost = (JSON.parse(notice?.data ?? '{}') as { events: number }).events;
    expect(idsOf(exact as SseReader).length - idsOf(behind as SseReader).length).toBe(lost);
  });

  it('drops events of a client that reads too slowly, with notice, and goes on with it', {
    timeout: 60_000,
  }, async () => {
    await open({ maxRingEvents: 50 });
    const [slow, quick] = await Promise.all([tail(), tail()]);
    await store('ready');
    for (const one of [slow, quick]) await receives(one as SseReader, ['ready']);
    slow?.pause();
    // more than the buffers of both sides' sockets hold
    const text = 'x'.repeat(100_000);
    for (let i = 0; i < 44; i += 1) {
      await store(...range(5, `${i}-`).map((event_id) => ({ event_id, payload: { text } })));
    }
    await vi.waitFor(() => expect(idsOf(quick as SseReader)).toHaveLength(221), 30_000);
    slow?.resume();
    await store('end');
    await vi.waitFor(() => expect(idsOf(slow as SseReader).at(-1)).toBe('end'), 30_000);
    const dropped = droppedOf(slow as SseReader) as { events: number; reason: string }[];
    expect(dropped.length).toBeGreaterThan(0);
    expect(new Set(dropped.map(({ reason }) => reason))).toEqual(new Set(['slow-reader']));
    const lost = dropped.reduce((sum, { events }) => sum + events, 0);
    expect(lost + idsOf(slow as SseReader).length).toBe(222);
    expect(new Set(idsOf(slow as SseReader)).size).toBe(222 - lost);
    expect(droppedOf(quick as SseReader)).toEqual([]);
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toMatch(/oncelog_gateway_tail_drops_total\{reason="slow-reader".*\} [1-9]/);
  });

  it('keeps its clients while the store is away, and goes on from where it was', async () => {
    const [reader, other] = [await tail(), await tail('?topic=other')];
    await store('a');
    await receives(reader, ['a']);
    const { sql } = gateway.test;
    await sql`ALTER TABLE applied_batches RENAME TO hidden`;
    await vi.waitFor(
      () => expect(gateway.logLines().join()).toContain('the tail cannot read the events'),
      WAIT,
    );
    await sql`ALTER TABLE hidden RENAME TO applied_batches`;
    await store('b', { topic: 'other', event_id: 'c' });
    await receives(reader, ['a', 'b', 'c']);
    await receives(other, ['c']);
    expect(gateway.logLines().join()).toContain('the tail reads the events again');
  });

  it('survives that its backends are terminated', async () => {
    await open();
    const reader = await tail();
    for (const id of ['a', 'b', 'c']) {
      await store(id);
      await vi.waitFor(() => expect(idsOf(reader).at(-1)).toBe(id), WAIT);
      await gateway.test.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'tail' AND datname = current_database()`;
    }
    await store('d');
    await receives(reader, ['a', 'b', 'c', 'd']);
  });

  it('reads less at a time when a page takes too long', async () => {
    const reader = await tail();
    await store('a');
    await receives(reader, ['a']);
    const lock = await holdTransaction(gateway.test.sql);
    await lock.database.run((sql) => sql`LOCK TABLE processed_events IN ACCESS EXCLUSIVE MODE`);
    await vi.waitFor(
      () => expect(gateway.logLines().join()).toContain('took too long: reads less at a time'),
      WAIT,
    );
    await lock.commit();
    await store('b');
    await receives(reader, ['a', 'b']);
  });

  it('ends its clients when the store knows less than it did', async () => {
    let isRestored = false;
    const restored = (database: Database): Database => ({
      ...database,
      async run(statement) {
        const rows = (await database.run(statement)) as { summary?: string | null }[];
        // no transaction that is known was begun
        const restoredRow = ({ summary, ...row }: { summary?: string | null }) => ({
          ...row,
          summary: summary?.replace(/"now":"[^"]*"/, '"now":"3:3:"'),
        });
        return (isRestored ? rows.map(restoredRow) : rows) as never;
      },
    });
    await open({}, { tailDatabase: restored });
    const reader = await tail();
    await store('a');
    await receives(reader, ['a']);
    isRestored = true;
    await reader.ended;
    expect(gateway.logLines().join()).toContain('the tail ends: its clients have to begin anew');
  });

  it('reads nothing while nobody listens, and begins at the present again', async () => {
    const first = await tail();
    await store('a');
    await receives(first, ['a']);
    first.close();
    const readersNow = async () =>
      /oncelog_gateway_tail_readers\S* (\d+)/.exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1];
    await vi.waitFor(async () => expect(await readersNow()).toBe('0'), WAIT);
    await store('b');
    const second = await tail();
    await store('c');
    await receives(second, ['c']);
  });

  it('ends at once when the service stops', async () => {
    await open();
    const reader = await tail();
    await gateway.close();
    await reader.ended;
    gateway = shared;
  });
});
