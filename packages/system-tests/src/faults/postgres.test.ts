import { setTimeout as delay } from 'node:timers/promises';
import { openTestSql } from '@oncelog/event-store/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { System } from '../testing/system.ts';
import { isRefusal } from './answers.ts';
import { ANSWER_WITHIN_MS, type FaultSystem, openFaultSystem, survives } from './fault-system.ts';
import type { Load } from './load.ts';

/**
 * Faults of Postgres. Publishing goes on through all of them: the stream takes the events. What asks the store is
 * answered 503, and the consumers try again until it works.
 */
let system: FaultSystem;
beforeAll(async () => {
  system = await openFaultSystem();
});
afterAll(() => system.close());

/** The services give up a statement, and its connection, after 3 s here. */
const LONGER_THAN_EVERY_TIMEOUT_MS = 4_000;

/** Publishing goes on, queries are refused, and consumers try more than once. */
async function outlastsTimeouts(load: Load): Promise<void> {
  await load.acknowledges(10);
  await storeRefuses();
  await vi.waitFor(
    () => expect(system.logged()).toMatch(/"tries":[2-9].*could not apply, trying again/),
    30_000,
  );
  await delay(LONGER_THAN_EVERY_TIMEOUT_MS);
  expect(load.answers.refused).toBe(0);
  expect(load.gatheredAnswers.refused).toBe(0);
}

async function storeRefuses(): Promise<void> {
  const startedAt = performance.now();
  const [stats, events, health] = await Promise.all(['/stats', '/events', '/health'].map(system.get));
  expect(performance.now() - startedAt).toBeLessThan(ANSWER_WITHIN_MS);
  for (const response of [stats, events]) expect(isRefusal(response as Response)).toBe(true);
  expect(health?.status).toBe(503);
  expect(await health?.json()).toMatchObject({
    redis: 'connected',
    database: expect.stringMatching(/^error: /),
  });
}

/** The services' backends. */
const backends = () => system.sql<{ pid: number; name: string; wait: string | null }[]>`
  SELECT pid, application_name AS name, wait_event_type AS wait FROM pg_stat_activity
  WHERE application_name LIKE 'oncelog-%'`;

async function terminateBackends(name: string): Promise<void> {
  await system.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE ${name}`;
}

/** Holds a lock on the events table that even readers wait for. */
async function lockTable(): Promise<{ release: () => Promise<void> }> {
  const connection = await system.sql.reserve();
  await connection`BEGIN`;
  await connection`LOCK TABLE processed_events IN ACCESS EXCLUSIVE MODE`;
  const release = async () => {
    await connection`COMMIT`;
    connection.release();
  };
  return { release };
}

it('survives that its backends are terminated in the statement', async () => {
  await survives(system, {
    inject: async () => {
      const lock = await lockTable();
      await vi.waitFor(async () => {
        const waiting = (await backends()).filter(
          ({ name, wait }) => wait === 'Lock' && name !== 'oncelog-gateway',
        );
        expect(waiting).not.toEqual([]);
      }, 10_000);
      await terminateBackends('oncelog-consumer-%');
      await vi.waitFor(() => expect(system.logged()).toMatch(/could not apply/), 10_000);
      await lock.release();
    },
    logs: { consumer: /(CONNECTION_CLOSED|57P01).*could not apply, trying again/ },
  });
});

it('survives an ACCESS EXCLUSIVE lock that is held for longer than the statements may take', async () => {
  await survives(system, {
    inject: async (load) => {
      const lock = await lockTable();
      await load.acknowledges(10);
      expect(isRefusal(await system.get('/events'))).toBe(true);
      await vi.waitFor(() => expect(system.logged()).toMatch(/"tries":[2-9].*could not apply/), 30_000);
      expect(load.answers.refused).toBe(0);
      expect(load.gatheredAnswers.refused).toBe(0);
      await lock.release();
    },
    logs: { consumer: /canceling statement due to statement timeout.*could not apply, trying again/ },
  });
});

it('survives that it is down for longer than every timeout', async () => {
  await survives(system, {
    inject: async (load) => {
      await system.stack.stopProcess('postgres');
      await outlastsTimeouts(load);
      await system.stack.startProcess('postgres');
    },
    logs: {
      consumer: /ECONNREFUSED.*could not apply, trying again/,
      gateway: /store-unavailable.*request failed/,
    },
  });
});

it('survives that it is frozen and answers nothing', async () => {
  await survives(system, {
    inject: async (load) => {
      const pids = [system.pidOf('postgres'), ...(await backends()).map(({ pid }) => pid)];
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      try {
        await outlastsTimeouts(load);
      } finally {
        for (const pid of pids) process.kill(pid, 'SIGCONT');
      }
    },
    logs: { consumer: /no answer from Postgres within 3000 ms.*could not apply, trying again/ },
  });
});

it('survives that it is read-only', async () => {
  await survives(system, {
    inject: async (load) => {
      await setReadOnly('on');
      await load.acknowledges(10);
      await vi.waitFor(() => expect(system.logged()).toMatch(/"tries":[2-9].*could not apply/), 30_000);
      // reading works on
      expect((await system.get('/events')).status).toBe(200);
      expect(load.answers.refused).toBe(0);
      expect(load.gatheredAnswers.refused).toBe(0);
      await setReadOnly('off');
    },
    logs: { consumer: /25006.*could not apply, trying again/ },
  });
});

async function setReadOnly(value: 'on' | 'off'): Promise<void> {
  await system.sql.unsafe(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
  await system.sql`SELECT pg_reload_conf()`;
}

it('survives that all its connections are taken', async () => {
  await system.settled();
  await system.sql`ALTER SYSTEM SET max_connections = 20`;
  await system.stack.stopProcess('postgres');
  await system.stack.startProcess('postgres');
  await survives(system, {
    inject: async (load) => {
      const taken: System['sql'][] = [];
      await vi.waitFor(
        async () => {
          await terminateBackends('oncelog-%');
          await takeConnections(taken);
          expect(system.logged()).toMatch(/"53300".*could not apply/);
        },
        { timeout: 30_000, interval: 20 },
      );
      await load.acknowledges(10);
      await Promise.all(taken.map((sql) => sql.end({ timeout: 1 })));
    },
    logs: { consumer: /sorry, too many clients already.*could not apply, trying again/ },
  });
});

/** Opens connections until Postgres has none left. */
async function takeConnections(taken: System['sql'][]): Promise<void> {
  for (;;) {
    const sql = openTestSql(system.stack.databaseUrl);
    try {
      await sql`SELECT`;
      taken.push(sql);
    } catch (error) {
      if ((error as { code?: string }).code !== '53300') throw error;
      return;
    }
  }
}
