import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { keptOf, startGatheredLoad } from './faults/gathered-load.ts';
import { event, openSystem, range, type System } from './testing/system.ts';

let system: System;
beforeAll(async () => {
  system = await openSystem({
    consumers: 2,
    serviceEnv: { CLAIM_IDLE_MS: '500', MAINTENANCE_INTERVAL_MS: '100' },
  });
});
afterAll(() => system.close());

it('counts once what a consumer had committed but not acknowledged when it was killed', async () => {
  const before = await system.settled();
  const sql = await system.sql.reserve();
  await sql`BEGIN`;
  await sql`LOCK TABLE processed_events IN ACCESS EXCLUSIVE MODE`;
  const { batch_id } = await system.publish(...range(100).map((i) => event({ event_id: `kill-${i % 80}` })));

  // a consumer has read the entry and waits, in its statement, for the table
  const name = await vi.waitFor(
    async () => {
      const [waiting] = await sql<{ name: string }[]>`
        SELECT application_name AS name FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND application_name LIKE 'oncelog-consumer-%'`;
      if (waiting === undefined) throw new Error('no consumer waits for the table');
      return waiting.name.replace('oncelog-', '');
    },
    { timeout: 10_000 },
  );
  // stopped, it cannot acknowledge; the statement that it has sent commits without it
  const pid = system.pidOf(name);
  process.kill(pid, 'SIGSTOP');
  await sql`COMMIT`;
  sql.release();
  await vi.waitFor(async () => {
    const ledger = await system.sql`SELECT FROM applied_batches WHERE batch_id = ${batch_id}`;
    if (ledger.length === 0) throw new Error('not committed yet');
  }, 10_000);
  process.kill(pid, 'SIGKILL');

  const after = await system.settled();
  expect(after.received - before.received).toBe(100);
  expect(after.unique_processed - before.unique_processed).toBe(80);
  expect(after.accepted - before.accepted).toBe(100);
  await expect.poll(() => system.pidOf(name), { timeout: 10_000 }).not.toBe(pid);
});

it.each(['consumer-1', 'gateway', 'redis', 'postgres'])(
  'stays exact when %s is killed under load',
  async (name) => {
    const before = await system.settled();
    const keys = new Set<string>();
    const died = Promise.withResolvers<void>();
    const gathering = startGatheredLoad(system, `gathered-${name}`, { betweenRoundsMs: 0 });
    await gathering.acknowledges(10);
    const publishing = range(60).map(async (i) => {
      const events = range(50).map((j) => event({ event_id: `${name}-${(i * 31 + j) % 700}` }));
      const headers = { 'idempotency-key': `${name}-${i}` };
      // a client that retries until it has its answer
      await vi.waitFor(
        async () => {
          const response = await system.post({ events }, headers);
          if (response.status !== 202) throw new Error(String(response.status));
        },
        { timeout: 20_000, interval: 50 },
      );
      for (const { event_id } of events) keys.add(String(event_id));
      if (i === 20) {
        system.stack.kill(name, 'SIGKILL');
        died.resolve();
      }
    });
    await Promise.all([...publishing, died.promise.then(() => gathering.acknowledges(50))]).finally(
      gathering.abandon,
    );
    const gathered = await gathering.finish();
    const after = await system.settled();
    const kept = await keptOf(system, gathered);
    expect(gathering.answers.wrong).toEqual([]);
    expect(kept.differences).toEqual([]);
    expect(kept.batches).toBeLessThan(kept.requests);
    const received = after.received - before.received - 3_000;
    expect(received).toBeGreaterThanOrEqual(kept.leastReceived);
    expect(received).toBeLessThanOrEqual(kept.mostReceived);
    expect(after.accepted - before.accepted).toBe(after.received - before.received);
    expect(after.unique_processed - before.unique_processed).toBe(keys.size + kept.stored);
  },
);

it('works on while Redis is frozen: 503, and exact afterwards', async () => {
  const before = await system.settled();
  const redis = system.pidOf('redis');
  process.kill(redis, 'SIGSTOP');
  const body = { events: range(10).map((i) => event({ event_id: `frozen-${i}` })) };
  const headers = { 'idempotency-key': 'frozen' };
  try {
    const response = await system.post(body, headers);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).not.toBeNull();
  } finally {
    process.kill(redis, 'SIGCONT');
  }
  await vi.waitFor(async () => expect((await system.post(body, headers)).status).toBe(202), {
    timeout: 10_000,
  });
  const after = await system.settled();
  expect(after.received - before.received).toBe(10);
  expect(after.accepted - before.accepted).toBe(10);
});

it('stops cleanly while Postgres hangs, and what was in hand is counted once by others', async () => {
  const before = await system.settled();
  const lock = await system.sql.reserve();
  await lock`BEGIN`;
  await lock`LOCK TABLE processed_events IN ACCESS EXCLUSIVE MODE`;
  await system.publish(...range(10).map((i) => event({ event_id: `hangs-${i}` })));
  const waiting = system.get('/events'); // a client that waits for its answer
  waiting.catch(() => {});
  const pids = ['consumer-1', 'consumer-2', 'gateway'].map((name) => system.pidOf(name));
  for (const pid of pids) process.kill(pid, 'SIGTERM');
  const gone = (pid: number) => !system.stack.processes.some((running) => running.pid === pid);
  await expect.poll(() => pids.every(gone), { timeout: 10_000 }).toBe(true);
  await lock`COMMIT`;
  lock.release();
  const after = await system.settled();
  expect(after.received - before.received).toBe(10);
  for (const name of ['consumer-1', 'consumer-2', 'gateway']) {
    expect(readFileSync(join(system.dataDir, 'logs', `${name}.log`), 'utf8')).not.toContain(
      'did not stop in time',
    );
  }
});
