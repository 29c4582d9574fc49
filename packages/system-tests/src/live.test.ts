import type { ConsumerState, LiveStatus } from '@oncelog/event-schema';
import { EventSource } from 'eventsource';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { event, openSystem, range, type System } from './testing/system.ts';

/** What a dashboard is told, while processes come and go. */
vi.setConfig({ testTimeout: 90_000 });
const WAIT = { timeout: 30_000, interval: 100 };

let system: System;
let live: Listener;
beforeAll(async () => {
  system = await openSystem({ consumers: 2 });
  live = listen();
});
afterAll(async () => {
  live.close();
  await system.close();
});

type Listener = ReturnType<typeof listen>;

/** A client as a browser is one: it comes back by itself. */
function listen() {
  const source = new EventSource(`${system.stack.url}/live`);
  const heard: LiveStatus[] = [];
  source.addEventListener('status', ({ data }) => {
    system.api.message('/live', 'status', data);
    heard.push(JSON.parse(data) as LiveStatus);
  });
  return {
    heard,
    /** Resolves to a status that is said from now on, and is as expected. */
    async says(expected: object): Promise<LiveStatus> {
      const from = heard.length;
      return await vi.waitFor(() => {
        const newest = heard.at(-1);
        expect(heard.length).toBeGreaterThan(from);
        expect(newest).toMatchObject(expected);
        return newest as LiveStatus;
      }, WAIT);
    },
    close: () => source.close(),
  };
}

/** Both consumers, the first of them as given. */
const first = (expected: object) => ({
  consumers: [
    expect.objectContaining({ name: 'consumer-1', ...expected }),
    expect.objectContaining({ name: 'consumer-2', state: expect.stringMatching(/active|idle/) }),
  ],
});
const isThere = { state: expect.stringMatching(/active|idle/) };

it('shows figures that move while events are published, the same to all, and exact ones at rest', async () => {
  const other = listen();
  await live.says({ stats: { accepted: 0 }, ...first({ ...isThere, version: '0.1.0' }) });
  const from = live.heard.length;
  const moving = () => live.heard.slice(from).filter(({ rates }) => (rates?.accepted ?? 0) > 0);
  for (let round = 0; moving().length < 4; round += 1) {
    await system.publish(
      ...range(100).map((i) => event({ topic: `t${i % 3}`, event_id: `e${round * 70 + i}` })),
    );
  }
  const stats = await system.settled();
  const { by_topic, topics, uptime_seconds: _, status: __, ...counters } = stats;
  await live.says({
    stats: counters,
    rates: { accepted: 0, unique: 0, duplicate: 0 },
    stream: { lag_entries: 0, pending_entries: 0, backlog_events: 0, oldest_unapplied_seconds: null },
    topics_total: topics.length,
  });
  const { topics: shown } = await live.says({});
  expect(shown?.map(({ received_per_second: _, ...topic }) => topic).sort(byTopic)).toEqual(by_topic);

  const counted = live.heard.map(({ stats: of }) => [of?.accepted ?? -1, of?.received ?? -1] as const);
  expect(counted).toEqual(counted.toSorted(([a, b], [c, d]) => a - c || b - d));
  expect(new Set(moving().map(({ stats: of }) => of?.accepted)).size).toBeGreaterThan(2);
  const said = new Map(live.heard.map((status) => [status.at, status]));
  for (const status of other.heard) expect(status).toEqual(said.get(status.at));
  other.close();
});

const byTopic = (a: { topic: string }, b: { topic: string }) => (a.topic < b.topic ? -1 : 1);

it('shows that a consumer is silent, and that it is there again', async () => {
  await live.says(first(isThere));
  const pid = system.pidOf('consumer-1');
  process.kill(pid, 'SIGSTOP');
  try {
    const { consumers } = await live.says(first({ state: 'silent' }));
    expect(consumers?.[0]?.idle_seconds).toBeGreaterThan(10);
    expect((await (await system.get('/consumers')).json()) as ConsumerState[]).toMatchObject([
      { name: 'consumer-1', shard: 0, state: 'silent' },
      { name: 'consumer-2', shard: 0 },
    ]);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  const { consumers } = await live.says(first(isThere));
  expect(consumers?.[0]?.idle_seconds).toBeLessThan(10);
});

it('shows that a consumer was killed, and has started anew', async () => {
  const { consumers } = await live.says(first(isThere));
  const startedAt = consumers?.[0]?.started_at ?? '';
  expect(Date.parse(startedAt)).toBeGreaterThan(0);
  system.stack.kill('consumer-1', 'SIGKILL');
  const { consumers: now } = await live.says(
    first({ ...isThere, started_at: expect.not.stringMatching(startedAt) }),
  );
  expect(Date.parse(now?.[0]?.started_at ?? '')).toBeGreaterThan(Date.parse(startedAt));
});

it('shows that a consumer has left', async () => {
  await system.stack.stopProcess('consumer-1');
  const { consumers } = await live.says({ consumers: [{ name: 'consumer-2' }] });
  expect(consumers).toHaveLength(1);
  await system.stack.startProcess('consumer-1');
  await live.says(first(isThere));
});

it('shows what it can while Redis is away, and all of it when it is back', async () => {
  const before = await system.settled();
  const away = { health: { database: 'connected', redis: expect.stringMatching(/^error: /) } };
  await system.stack.stopProcess('redis');
  const status = await live.says({ ...away, stats: null, rates: null, stream: null, consumers: null });
  expect(status.topics_total).toBe(before.topics.length);
  expect((await system.get('/consumers')).status).toBe(503);
  await system.stack.startProcess('redis');
  await live.says({
    health: { database: 'connected', redis: 'connected' },
    stats: { accepted: before.accepted, received: before.received },
    stream: { backlog_events: 0 },
    ...first(isThere),
  });
});

it('shows what it can while Postgres is away, and all of it when it is back', async () => {
  const before = await system.settled();
  await system.stack.stopProcess('postgres');
  await system.publish(event());
  const status = await live.says({
    health: { database: expect.stringMatching(/^error: /), redis: 'connected' },
    stats: null,
    rates: null,
    topics: null,
    topics_total: null,
    dead_letters_open: null,
    stream: { backlog_events: 1 },
    ...first(isThere),
  });
  expect(status.stream?.oldest_unapplied_seconds).toBeGreaterThan(0);
  await system.stack.startProcess('postgres');
  await live.says({
    health: { database: 'connected', redis: 'connected' },
    stats: { accepted: before.accepted + 1, received: before.received + 1 },
    dead_letters_open: 0,
  });
});

it('is heard again by a client whose gateway was killed', async () => {
  const pid = system.pidOf('gateway');
  system.stack.kill('gateway', 'SIGKILL');
  await expect.poll(() => system.pidOf('gateway'), WAIT).not.toBe(pid);
  await live.says({ health: { database: 'connected', redis: 'connected' }, rates: { accepted: 0 } });
});
