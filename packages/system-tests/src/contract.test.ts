import { randomUUID } from 'node:crypto';
import type { ProblemDetails } from '@oncelog/event-schema';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { event, openSystem, range, type System } from './testing/system.ts';

vi.setConfig({ testTimeout: 120_000 });

/** The behaviours of the system that oncelog replaces, by its own categories, on running processes. */
let system: System;
beforeAll(async () => {
  system = await openSystem();
});
afterAll(() => system.close());

/** What the figures grew by while something was published and processed. */
async function growth(publish: () => Promise<unknown>) {
  const before = await system.settled();
  await publish();
  const after = await system.settled();
  return {
    received: after.received - before.received,
    unique: after.unique_processed - before.unique_processed,
    duplicate: after.duplicate_dropped - before.duplicate_dropped,
  };
}

describe('health and API', () => {
  it('reports healthy with both stores connected', async () => {
    const response = await system.get('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: 'healthy',
      database: 'connected',
      redis: 'connected',
    });
  });

  it('describes itself at the root', async () => {
    expect(await (await system.get('/')).json()).toMatchObject({
      service: 'oncelog',
      endpoints: expect.any(Object),
    });
  });

  it('serves statistics with all fields of the contract', async () => {
    const stats = await system.stats();
    for (const field of ['received', 'unique_processed', 'duplicate_dropped', 'uptime_seconds'] as const) {
      expect(stats[field]).toEqual(expect.any(Number));
    }
    expect(stats.topics).toEqual(expect.any(Array));
    expect(stats.status).toBe('running');
  });
});

describe('validation', () => {
  it('accepts a valid event and says how many are queued', async () => {
    expect(await system.publish(event())).toMatchObject({
      status: 'accepted',
      queued: 1,
      message: 'Events queued for processing',
    });
  });

  it.each(['topic', 'event_id', 'timestamp', 'source', 'payload'])(
    'refuses an event without %s',
    async (field) => {
      const response = await system.post({ events: [event({ [field]: undefined })] });
      expect(response.status).toBe(422);
      const { errors } = (await response.json()) as ProblemDetails;
      expect(errors).toMatchObject([{ pointer: `/events/0/${field}`, rule: 'required' }]);
    },
  );

  it('refuses a timestamp that is none, and empty names', async () => {
    const bad = [event({ timestamp: 'yesterday' }), event({ topic: '' })];
    const response = await system.post({ events: bad });
    const { errors } = (await response.json()) as ProblemDetails;
    expect(errors?.map(({ pointer }) => pointer)).toEqual(['/events/0/timestamp', '/events/1/topic']);
  });

  it('refuses an empty batch, and a bad event refuses its whole batch', async () => {
    expect((await system.post({ events: [] })).status).toBe(422);
    const grown = await growth(() => system.post({ events: [event(), event({ source: 7 })] }));
    expect(grown).toEqual({ received: 0, unique: 0, duplicate: 0 });
  });
});

describe('idempotency and deduplication', () => {
  it('stores an event once that is sent twice', async () => {
    const twice = event();
    const grown = await growth(async () => {
      await system.publish(twice);
      await system.publish(twice);
    });
    expect(grown).toEqual({ received: 2, unique: 1, duplicate: 1 });
    expect(await system.events(`?event_id=${twice['event_id']}`)).toHaveLength(1);
  });

  it('drops duplicates inside a batch', async () => {
    const [a, b] = [event(), event()];
    expect(await growth(() => system.publish(a, b, a, a))).toEqual({ received: 4, unique: 2, duplicate: 2 });
  });

  it('keeps the same event ID in other topics apart', async () => {
    const event_id = randomUUID();
    const grown = await growth(() =>
      system.publish(event({ event_id }), event({ event_id, topic: 'payments' })),
    );
    expect(grown).toEqual({ received: 2, unique: 2, duplicate: 0 });
  });

  it('counts a request once that is retried with its Idempotency-Key', async () => {
    const body = { events: range(10).map(() => event()) };
    const headers = { 'idempotency-key': randomUUID() };
    const grown = await growth(async () => {
      for (const _ of range(3)) expect((await system.post(body, headers)).status).toBe(202);
    });
    expect(grown).toEqual({ received: 10, unique: 10, duplicate: 0 });
  });
});

describe('concurrency', () => {
  it('stores an event once that many send at the same moment', async () => {
    const same = event();
    const grown = await growth(() => Promise.all(range(20).map(() => system.publish(same))));
    expect(grown).toEqual({ received: 20, unique: 1, duplicate: 19 });
  });

  it('loses nothing of many parallel requests', async () => {
    const grown = await growth(() =>
      Promise.all(range(50).map(() => system.publish(...range(10).map(() => event())))),
    );
    expect(grown).toEqual({ received: 500, unique: 500, duplicate: 0 });
  });

  it('is exact with four consumers and overlapping batches in other orders', async () => {
    const prefix = randomUUID();
    const batch = (shift: number) =>
      range(100).map((i) => event({ topic: `t${i % 7}`, event_id: `${prefix}-${(i * 37 + shift) % 150}` }));
    // the topic goes with the position, so count the distinct keys
    const batches = range(60).map((i) => batch(i * 11));
    const keys = new Set(batches.flat().map(({ topic, event_id }) => `${topic} ${event_id}`));
    const grown = await growth(() => Promise.all(batches.map((events) => system.publish(...events))));
    expect(grown).toEqual({ received: 6_000, unique: keys.size, duplicate: 6_000 - keys.size });
  });
});

describe('queries', () => {
  it('lists events of a topic, newest first, with all their fields', async () => {
    const topic = `topic-${randomUUID()}`;
    const sent = range(3).map((i) => event({ topic, event_id: `e${i}`, payload: { i } }));
    await growth(() => system.publish(...sent));
    const found = await system.events(`?topic=${topic}`);
    expect(found.map(({ event_id }) => event_id)).toEqual(['e2', 'e1', 'e0']);
    expect(found[0]).toEqual({
      topic,
      event_id: 'e2',
      timestamp: '2026-01-01T00:00:00+00:00',
      source: 'shop',
      payload: { i: 2 },
      processed_at: expect.stringMatching(/^20\d\d-/),
    });
  });

  it('bounds the number of events: 100 by default, as many as asked for, at most 1000', async () => {
    const topic = `topic-${randomUUID()}`;
    await growth(() => system.publish(...range(150).map(() => event({ topic }))));
    expect(await system.events(`?topic=${topic}`)).toHaveLength(100);
    expect(await system.events(`?topic=${topic}&limit=7`)).toHaveLength(7);
    expect(await system.events(`?topic=${topic}&limit=1000`)).toHaveLength(150);
    expect((await system.get(`/events?topic=${topic}&limit=1001`)).status).toBe(422);
  });
});

describe('persistence and stress', () => {
  it('writes what it counts: every stored event is in the table once', async () => {
    const topic = `topic-${randomUUID()}`;
    const ids = range(200).map(String);
    await growth(() => system.publish(...ids.map((event_id) => event({ topic, event_id }))));
    const rows = await system.sql<{ event_id: string }[]>`
      SELECT event_id FROM processed_events WHERE topic = ${topic} ORDER BY seq`;
    expect(rows.map(({ event_id }) => event_id)).toEqual(ids);
  });

  it('takes 20,000 events with 30 % duplicates in batches of 1,000, exactly', async () => {
    const fresh = range(14_000).map((i) => event({ topic: `t${i % 10}` }));
    const repeated = fresh.filter((_, i) => i % 7 < 3);
    const all = [...fresh, ...repeated].toSorted((a, b) =>
      String(a['event_id']).localeCompare(String(b['event_id'])),
    );
    const grown = await growth(() =>
      Promise.all(range(20).map((i) => system.publish(...all.filter((_, at) => at % 20 === i)))),
    );
    expect(grown).toEqual({ received: 20_000, unique: 14_000, duplicate: 6_000 });
  });
});

describe('scenarios that were tried by hand', () => {
  it('duplicate detection: the same request again changes only the duplicates', async () => {
    const events = range(3).map(() => event());
    expect(await growth(() => system.publish(...events))).toEqual({ received: 3, unique: 3, duplicate: 0 });
    expect(await growth(() => system.publish(...events))).toEqual({ received: 3, unique: 0, duplicate: 3 });
  });

  it('ten parallel requests with the same event: one is stored', async () => {
    const same = event();
    const grown = await growth(() => Promise.all(range(10).map(() => system.publish(same))));
    expect(grown).toEqual({ received: 10, unique: 1, duplicate: 9 });
  });

  it('persistence across a restart of everything: events and counts are still there, duplicates still known', async () => {
    const kept = event();
    await system.publish(kept);
    const before = await system.settled();
    for (const name of [
      'gateway',
      'consumer-1',
      'consumer-2',
      'consumer-3',
      'consumer-4',
      'redis',
      'postgres',
    ]) {
      await system.stack.stopProcess(name);
    }
    for (const name of [
      'postgres',
      'redis',
      'gateway',
      'consumer-1',
      'consumer-2',
      'consumer-3',
      'consumer-4',
    ]) {
      await system.stack.startProcess(name);
    }
    expect(await system.settled()).toMatchObject({
      received: before.received,
      unique_processed: before.unique_processed,
      duplicate_dropped: before.duplicate_dropped,
    });
    expect(await system.events(`?event_id=${kept['event_id']}`)).toHaveLength(1);
    expect(await growth(() => system.publish(kept))).toEqual({ received: 1, unique: 0, duplicate: 1 });
  });
});
