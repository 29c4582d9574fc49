import { setTimeout as delay } from 'node:timers/promises';
import { shardKeys } from '@oncelog/event-stream';
import { openTestRedis } from '@oncelog/event-stream/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { event, range } from '../testing/system.ts';
import { isRefusal } from './answers.ts';
import { expectOnlyTheseRestarted, type FaultSystem, openFaultSystem, survives } from './fault-system.ts';
import { median, residentMb, sampled } from './resident-memory.ts';

/**
 * Nothing is consumed for long: for a minute, because the table is locked; and until the backlog is full, because there
 * are no consumers. The two run side by side, each on a system of its own: the minute is mostly waiting.
 */
const LOCKED_MS = 60_000;
/** The defaults; a minute outlasts a wait for a lock (10 s, by migration) and a statement several times. */
const DEFAULTS = { STATEMENT_TIMEOUT_MS: '20000', CLAIM_IDLE_MS: '15000' };

const BACKLOG_EVENTS = Number(process.env['TEST_BACKLOG_EVENTS'] ?? 1_000_000);
const EVENTS_PER_BATCH = 100;
const BATCHES = BACKLOG_EVENTS / EVENTS_PER_BATCH;
const SENDERS = 8;
/** How many requests are sent on after the backlog is full. */
const REFUSALS = 4_800;
const SAMPLES = 20;
const DRAIN_MS = 60_000 + BACKLOG_EVENTS / 2;

/** 273 was the most in a run of 6,000,000 events. */
const GATEWAY_MB = 350;
/** From the second quarter of the filling to the end of the refusals, while 200 MB pass: less than if they stayed. */
const GATEWAY_GROWS_MB = 120;
const CONSUMER_MB = 400;
/** What Redis has in memory for a backlog is less than this many times its bytes. */
const REDIS_FACTOR = 2;
const REFUSING_GROWS_MB = 32;
const REDIS_KEEPS_BYTES = 8_000_000;

const TOPIC = 'backlog';
const CONSUMERS = ['consumer-1', 'consumer-2'];
const WATCHED = ['gateway', 'redis'] as const;

let locked: FaultSystem;
let system: FaultSystem;
let redis: Awaited<ReturnType<typeof openTestRedis>>;
beforeAll(async () => {
  const limits = {
    MAX_BACKLOG_EVENTS: String(BACKLOG_EVENTS),
    MAX_BACKLOG_BYTES: String(BACKLOG_EVENTS * 1_000),
  };
  locked = await openFaultSystem({ serviceEnv: DEFAULTS });
  system = await openFaultSystem({ serviceEnv: limits });
  redis = await openTestRedis(system.redisUrl);
});
afterAll(async () => {
  redis.destroy();
  await Promise.all([locked.close(), system.close()]);
});

it.concurrent('publishes on while the events table is locked for a minute, and drains exactly', {
  timeout: LOCKED_MS + 120_000,
}, async () => {
  const { load } = await survives(locked, {
    load: { betweenBatchesMs: 200 },
    inject: async (load) => {
      const holder = await locked.sql.reserve();
      await holder`BEGIN`;
      await holder`LOCK TABLE processed_events IN ACCESS EXCLUSIVE MODE`;
      const before = await storedEvents(holder);
      for (const _ of range(2)) {
        await delay(LOCKED_MS / 2);
        await load.acknowledges(10);
        expect(isRefusal(await locked.get('/events'))).toBe(true);
      }
      expect(await storedEvents(holder)).toBe(before);
      for (const answers of [load.answers, load.gatheredAnswers])
        expect(answers).toMatchObject({ refused: 0, unanswered: 0 });
      await holder`COMMIT`;
      holder.release();
    },
    logs: { consumer: /canceling statement due to lock timeout.*could not apply, trying again/ },
  });
  expect(load.answers.accepted).toBeGreaterThan(100);
});

/** As the holder of the lock sees it. */
async function storedEvents(sql: FaultSystem['sql']): Promise<number> {
  const [row] = await sql<{ n: number }[]>`SELECT count(*)::int AS n FROM processed_events`;
  return row?.n ?? -1;
}

it.concurrent('takes no more memory while there are no consumers and the backlog is full, and drains exactly', {
  timeout: DRAIN_MS + 180_000,
}, async () => {
  const { stream } = shardKeys('oncelog', 0);
  const redisBefore = await usedMemory();
  for (const name of CONSUMERS) await system.stack.stopProcess(name);

  const filling = await sampled(system, { names: WATCHED, every: BATCHES / SAMPLES }, publishUntilFull);
  expect(await redis.xLen(stream)).toBe(BATCHES);
  const refusing = await sampled(system, { names: WATCHED, every: REFUSALS / SAMPLES }, publishInVain);
  expect(await redis.xLen(stream)).toBe(BATCHES);
  expectFlat(filling.gateway, refusing.gateway);
  expect(Math.max(...filling.redis, ...refusing.redis)).toBeLessThan(64 + REDIS_FACTOR * backlogMb());
  expect(median(refusing.redis.slice(-5)) - median(refusing.redis.slice(0, 5))).toBeLessThan(
    REFUSING_GROWS_MB,
  );

  for (const name of CONSUMERS) await system.stack.startProcess(name);
  const consumers: number[] = [];
  await vi.waitFor(
    async () => {
      consumers.push(...CONSUMERS.map((name) => residentMb(system, name)));
      expect((await system.stats()).in_flight).toBe(0);
    },
    { timeout: DRAIN_MS, interval: 200 },
  );
  expect(Math.max(...consumers)).toBeLessThan(CONSUMER_MB);
  const exact = { received: BACKLOG_EVENTS, unique_processed: BACKLOG_EVENTS, dead_lettered: 0 };
  expect(await system.settled()).toMatchObject(exact);
  expect(await storedAsSent()).toBe(BACKLOG_EVENTS);
  const atMost = redisBefore + REDIS_KEEPS_BYTES;
  await vi.waitFor(async () => expect(await usedMemory()).toBeLessThan(atMost), 20_000);
  expect(system.logged('gateway')).toMatch(/"code":"backlog-full".*request failed/);
  expectOnlyTheseRestarted(system, []);
});

function expectFlat(filling: readonly number[], refusing: readonly number[]): void {
  const warm = filling.slice(SAMPLES / 4, SAMPLES / 2);
  const late = refusing.slice(-SAMPLES / 4);
  expect(Math.max(...filling, ...refusing)).toBeLessThan(GATEWAY_MB);
  expect(median(late) - median(warm)).toBeLessThan(GATEWAY_GROWS_MB);
}

/** As fast as it can, exactly up to the limit. */
async function publishUntilFull(answered: () => void): Promise<void> {
  let next = 0;
  const send = async (): Promise<void> => {
    for (let number = next++; number < BATCHES; number = next++) {
      const response = await system.post(batch(number));
      expect(response.status).toBe(202);
      await response.arrayBuffer();
      answered();
    }
  };
  await Promise.all(range(SENDERS).map(send));
}

async function publishInVain(answered: () => void): Promise<void> {
  const body = batch(BATCHES);
  const send = async (): Promise<void> => {
    for (const _ of range(REFUSALS / SENDERS)) {
      const response = await system.post(body);
      expect(isRefusal(response)).toBe(true);
      expect(await response.json()).toMatchObject({ code: 'backlog-full' });
      answered();
    }
  };
  await Promise.all(range(SENDERS).map(send));
}

/** Events of some 200 bytes, numbered through. */
function batch(number: number): string {
  const events = range(EVENTS_PER_BATCH).map((i) => {
    const n = number * EVENTS_PER_BATCH + i;
    return event({ topic: TOPIC, event_id: String(n), payload: { n, text: 'x'.repeat(80) } });
  });
  return JSON.stringify({ events });
}

const backlogMb = (): number => (BATCHES * batch(BATCHES).length) / 2 ** 20;

/** How many of the numbers are stored, each under its own ID and with its own payload. */
async function storedAsSent(): Promise<number> {
  const [row] = await system.sql<{ n: number }[]>`
    SELECT count(*)::int AS n FROM generate_series(0, ${BACKLOG_EVENTS - 1}) AS sent (n)
    JOIN processed_events ON topic = ${TOPIC} AND event_id = sent.n::text AND payload ->> 'n' = sent.n::text`;
  return row?.n ?? -1;
}

async function usedMemory(): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
}
