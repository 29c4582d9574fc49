import { setTimeout as delay } from 'node:timers/promises';
import { openSse, type SseReader } from '@oncelog/local-stack/testing';
import { EventSource } from 'eventsource';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type FaultSystem, openFaultSystem } from './faults/fault-system.ts';
import { type EventFields, event, range } from './testing/system.ts';

/** Who follows gets exactly what is stored, whatever is killed meanwhile. */
vi.setConfig({ testTimeout: 120_000 });
const WAIT = { timeout: 30_000, interval: 50 };

let system: FaultSystem;
const open: { close(): void }[] = [];
beforeAll(async () => {
  system = await openFaultSystem();
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
afterAll(() => system.close());

async function tail(search = '', lastEventId?: string): Promise<SseReader> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const reader = await openSse(`${system.stack.url}/tail${search}`, headers as Record<string, string>);
  expect(reader.status).toBe(200);
  open.push(reader);
  return reader;
}

/** A client that comes back by itself, at the place that it has reached, when its connection ends; or when it is told to. */
function follow(search: string) {
  const source = new EventSource(`${system.stack.url}/tail${search}`);
  const texts: string[] = [];
  const dropped: string[] = [];
  source.addEventListener('message', ({ data }) => {
    system.api.message('/tail', 'message', data);
    texts.push(data);
  });
  source.addEventListener('dropped', ({ data }) => dropped.push(data));
  open.push(source);
  return {
    texts,
    dropped,
    isOpen: () => source.readyState === EventSource.OPEN,
  };
}

/** What is stored, as the API renders it. */
const stored = async (condition = system.sql`true`) =>
  (
    await system.sql<{ json: string }[]>`
      SELECT (
        SELECT row_to_json(one)::text FROM (SELECT topic, event_id, "timestamp", source, payload, processed_at) AS one
      ) AS json
      FROM processed_events WHERE ${condition}`
  ).map(({ json }) => json);

/** Resolves when a client has received exactly these, each once. */
const hasReceived = (texts: readonly string[], expected: readonly string[]) =>
  vi.waitFor(() => expect(texts.toSorted()).toEqual(expected.toSorted()), WAIT);

/** Batches of 20 events of which 6 were in the one before, some 700 events a second; resolves when all are acknowledged. */
async function publish(
  name: string,
  batches: number,
  meanwhile: (batch: number) => void = () => {},
): Promise<void> {
  for (const batch of range(batches)) {
    const events: EventFields[] = range(20).map((i) => {
      const n = batch * 14 + i;
      return event({
        topic: `${name}-${n % 3}`,
        event_id: `${n}`,
        source: n % 2 === 0 ? 'even' : 'odd',
        payload: { n, kind: n % 5 === 0 ? { rare: true } : {} },
      });
    });
    const headers = { 'idempotency-key': `${name}-${batch}` };
    await vi.waitFor(async () => expect((await system.post({ events }, headers)).status).toBe(202), WAIT);
    meanwhile(batch);
    await delay(20);
  }
}

const CLIENTS = [
  ['', (name: string) => system.sql`topic LIKE ${`${name}-%`}`],
  ['?topic=NAME-0&topic=NAME-1', (name: string) => system.sql`topic IN (${`${name}-0`}, ${`${name}-1`})`],
  ['?source=odd', (name: string) => system.sql`topic LIKE ${`${name}-%`} AND source = 'odd'`],
  [
    `?contains=${encodeURIComponent('{"kind":{"rare":true}}')}`,
    (name: string) => system.sql`topic LIKE ${`${name}-%`} AND payload @> '{"kind":{"rare":true}}'`,
  ],
] as const;

/** Every client of `CLIENTS` gets exactly what it asks for, of what is published meanwhile. */
async function followsExactly(
  name: string,
  batches: number,
  meanwhile?: (batch: number) => void,
): Promise<void> {
  const clients = CLIENTS.map(([search, condition]) => ({
    ...follow(search.replaceAll('NAME', name)),
    condition: condition(name),
  }));
  await vi.waitFor(() => expect(clients.every(({ isOpen }) => isOpen())).toBe(true), WAIT);
  await publish(name, batches, meanwhile);
  await system.settled();
  for (const { texts, condition, dropped } of clients) {
    await hasReceived(texts, await stored(condition));
    expect(dropped).toEqual([]);
  }
}

it('sends exactly what is stored, within a second of the commit', async () => {
  const reader = await tail('?topic=prompt');
  const late: number[] = [];
  for (const n of range(20)) {
    await system.publish(
      event({ topic: 'prompt', event_id: `${n}`, payload: { n: 9007199254740993n.toString() } }),
    );
    await vi.waitFor(() => expect(reader.messages).toHaveLength(n + 1), { timeout: 30_000, interval: 5 });
    late.push(Date.now() - Date.parse(JSON.parse(reader.messages[n]?.data ?? '').processed_at));
  }
  // the median, since a busy machine may hold up one or the other
  expect(late.toSorted((a, b) => a - b)[10]).toBeLessThan(1_000);
  await system.settled();
  expect(reader.messages.map(({ data }) => data).toSorted()).toEqual(
    (await stored(system.sql`topic = 'prompt'`)).sort(),
  );
});

it('keeps numbers that JavaScript cannot hold', async () => {
  const exact = '{"n":9007199254740993}';
  const reader = await tail(`?contains=${encodeURIComponent(exact)}`);
  for (const n of ['9007199254740993', '9007199254740992']) {
    const one = JSON.stringify(event({ topic: 'big', payload: { n: 0 } })).replace('"n":0', `"n":${n}`);
    expect((await system.post(`{"events":[${one}]}`)).status).toBe(202);
  }
  await vi.waitFor(() => expect(reader.messages).toHaveLength(1), WAIT);
  expect(reader.messages[0]?.data).toContain('"n": 9007199254740993}');
});

it('sends exactly what is stored when a consumer is killed under load', async () => {
  await followsExactly('consumer', 60, (batch) => {
    if (batch === 15 || batch === 35) system.stack.kill('consumer-1', 'SIGKILL');
  });
});

it('is resumed exactly when the gateway is killed under load', async () => {
  await followsExactly('gateway', 60, (batch) => {
    if (batch === 20) system.stack.kill('gateway', 'SIGKILL');
  });
});

it('keeps its clients, and misses nothing, when Postgres is killed, and when it is away for a while', async () => {
  const reader = await tail();
  await followsExactly('postgres', 60, (batch) => {
    if (batch === 20) system.stack.kill('postgres', 'SIGKILL');
  });
  await system.stack.stopProcess('postgres');
  await system.publish(event({ topic: 'postgres-0', event_id: 'away' }));
  const refused = await openSse(`${system.stack.url}/tail`);
  expect(refused.status).toBe(503);
  await system.stack.startProcess('postgres');
  await system.settled();
  await vi.waitFor(
    async () =>
      expect(reader.messages.map(({ data }) => data).toSorted()).toEqual(
        (await stored(system.sql`topic LIKE 'postgres-%'`)).sort(),
      ),
    WAIT,
  );
});

it('gives the union of two connections exactly once to who disconnects anywhere under load and resumes', async () => {
  const search = '?topic=resumed-0&topic=resumed-2';
  let reader = await tail(search);
  await vi.waitFor(() => expect(reader.lastEventId).not.toBe(''), WAIT);
  let place = reader.lastEventId;
  let expected: string[] | undefined;
  const finishing = publish('resumed', 60)
    .then(() => system.settled())
    .then(async () => {
      expected = await stored(system.sql`topic IN ('resumed-0', 'resumed-2')`);
    });
  const texts: string[] = [];
  // some messages of each connection, the rest is thrown away with it
  for (let round = 0; expected === undefined || texts.length < expected.length; round += 1) {
    const wanted = 1 + ((round * 7) % 40);
    const isEnough = () =>
      reader.messages.length >= wanted || texts.length + reader.messages.length === expected?.length;
    await vi.waitFor(() => expect(isEnough()).toBe(true), WAIT);
    const kept = reader.messages.slice(0, wanted);
    reader.close();
    texts.push(...kept.map(({ data }) => data));
    place = kept.at(-1)?.id ?? place;
    reader = await tail(search, place);
  }
  await finishing;
  await hasReceived(texts, expected ?? []);
});

it('ends at once when the gateway stops, and is resumed at the next one', async () => {
  const reader = await tail('?topic=stops');
  await system.publish(event({ topic: 'stops', event_id: 'a' }));
  await vi.waitFor(() => expect(reader.messages).toHaveLength(1), WAIT);
  const startedAt = performance.now();
  await system.stack.stopProcess('gateway');
  await reader.ended;
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  await system.stack.startProcess('gateway');
  await system.publish(event({ topic: 'stops', event_id: 'b' }));
  const resumed = await tail('?topic=stops', reader.lastEventId);
  await vi.waitFor(() => expect(resumed.messages).toHaveLength(1), WAIT);
  expect(resumed.messages[0]?.data).toContain('"event_id":"b"');
});

it('refuses the ID of another system', async () => {
  const response = await system.request('GET', '/tail', { headers: { 'last-event-id': '00000000.3' } });
  expect(response.status).toBe(422);
});
