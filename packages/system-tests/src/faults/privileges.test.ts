import { openTestRedis } from '@oncelog/event-stream/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type FaultSystem, openFaultSystem, survives } from './fault-system.ts';
import type { Load } from './load.ts';

/** A right or a password is taken from a service that runs, and given back. */
let system: FaultSystem;
let redis: Awaited<ReturnType<typeof openTestRedis>>;
beforeAll(async () => {
  system = await openFaultSystem({ mayBeRefused: true });
  redis = await openTestRedis(system.redisUrl);
});
afterAll(async () => {
  redis.destroy();
  await system.close();
});

it('survives that the gateway may not append', async () => {
  await survives(system, {
    inject: async (load) => {
      await redis.aclSetUser('gateway', '-xadd');
      await load.isRefused(4);
      await redis.aclSetUser('gateway', '+xadd');
    },
    // Redis's words where a script meets it
    logs: { gateway: /Redis refused the command: ERR.*user executing the script can't run.*request failed/ },
  });
});

it('survives that the consumers may not read the stream', async () => {
  await survives(system, {
    inject: async (load) => {
      await redis.aclSetUser('consumer', '-xreadgroup');
      await publishesWhile(load, () => expect(system.logged()).toMatch(/NOPERM/));
      await redis.aclSetUser('consumer', '+xreadgroup');
    },
    logs: { consumer: /NOPERM/ },
  });
});

it.each(['gateway', 'consumer'])('survives that Redis takes another password of %s', async (user) => {
  const passwords = (await redis.aclGetUser(user))?.passwords ?? [];
  await survives(system, {
    inject: async (load) => {
      await redis.aclSetUser(user, ['resetpass', '>another']);
      await redis.sendCommand(['CLIENT', 'KILL', 'USER', user]);
      if (user === 'gateway') await load.isRefused(4);
      else await publishesWhile(load, () => expect(system.logged()).toMatch(/WRONGPASS/));
      await redis.aclSetUser(user, ['resetpass', ...passwords.map((hash) => `#${hash}`)]);
    },
    logs: { [user]: /WRONGPASS.*redis connection failed, reconnecting/ },
  });
});

it('survives that the consumers may not insert', async () => {
  await survives(system, {
    inject: async (load) => {
      await system.sql`REVOKE INSERT ON processed_events FROM oncelog_consumer`;
      await publishesWhile(load, () => expect(system.logged()).toMatch(/"tries":[2-9].*could not apply/));
      await system.sql`GRANT INSERT ON processed_events TO oncelog_consumer`;
    },
    logs: { consumer: /42501.*could not apply, trying again/ },
  });
});

it('survives that Postgres takes another password of the consumers', async () => {
  const [user] = await system.sql<{ name: string; verifier: string }[]>`
    SELECT rolname AS name, rolpassword AS verifier FROM pg_authid
    WHERE rolname = (SELECT usename FROM pg_stat_activity WHERE application_name LIKE '%consumer%' LIMIT 1)`;
  if (user === undefined) throw new Error('no consumer is connected');
  await survives(system, {
    inject: async (load) => {
      await system.sql.unsafe(`ALTER ROLE "${user.name}" PASSWORD 'another'`);
      await system.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${user.name}`;
      await publishesWhile(load, () => expect(system.logged()).toMatch(/28P01.*could not apply/));
      await system.sql.unsafe(`ALTER ROLE "${user.name}" PASSWORD '${user.verifier}'`);
    },
    logs: { consumer: /28P01.*could not apply, trying again/ },
  });
});

async function publishesWhile(load: Load, shows: () => void): Promise<void> {
  await vi.waitFor(shows, 30_000);
  await load.acknowledges(10);
  expect(load.answers.refused).toBe(0);
}
