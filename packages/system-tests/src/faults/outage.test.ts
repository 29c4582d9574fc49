import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { isRefusal } from './answers.ts';
import { type FaultSystem, openFaultSystem, survives } from './fault-system.ts';

/** Both stores are gone at once. */
let system: FaultSystem;
beforeAll(async () => {
  system = await openFaultSystem();
});
afterAll(() => system.close());

it.each([
  ['redis', 'postgres', /ECONNREFUSED.*could not apply, trying again/],
  ['postgres', 'redis', /ECONNREFUSED.*redis connection failed, reconnecting/],
] as const)(
  'survives that both stores are down, and %s is started again before %s',
  async (first, second, consumerSays) => {
    await survives(system, {
      inject: async (load) => {
        await Promise.all(['redis', 'postgres'].map(system.stack.stopProcess));
        await load.isRefused(8);
        expect(isRefusal(await system.get('/stats'))).toBe(true);
        const health = await system.get('/health');
        expect(health.status).toBe(503);
        expect(await health.json()).toMatchObject({
          status: 'unhealthy',
          database: expect.stringMatching(/^error: /),
          redis: expect.stringMatching(/^error: /),
        });
        // alive: an orchestrator does not restart what a restart would not mend
        expect((await system.get('/health/live')).status).toBe(200);
        await system.stack.startProcess(first);
        if (first === 'redis') await load.acknowledges(10);
        else await load.isRefused(8);
        // the consumers may be a moment later than the gateway
        const said = () => ['consumer-1', 'consumer-2'].map(system.logged).join('\n');
        await vi.waitFor(() => expect(said()).toMatch(consumerSays), 20_000);
        await system.stack.startProcess(second);
      },
      logs: {
        gateway: /redis connection failed, reconnecting/,
        consumer: consumerSays,
      },
    });
  },
);

it('survives that everything is killed at the same moment', async () => {
  const names = ['redis', 'postgres', 'gateway', 'consumer-1', 'consumer-2'];
  await survives(system, {
    inject: async () => {
      for (const name of names) system.stack.kill(name, 'SIGKILL');
      await expect.poll(() => new Set(system.exits()).size, { timeout: 20_000 }).toBe(names.length);
    },
    restarts: names,
  });
});
