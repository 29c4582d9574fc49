import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONSUMER_GROUP, shardKeys } from '@oncelog/event-stream';
import { openTestRedis } from '@oncelog/event-stream/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { event, range } from '../testing/system.ts';
import { expectOnlyTheseRestarted, type FaultSystem, openFaultSystem, survives } from './fault-system.ts';
import { withPreload } from './preload/entries.ts';

/** Faults of our own processes: killed at the worst moments, and stopped for longer than others wait for them. */
const armedDir = mkdtempSync(join(tmpdir(), 'oncelog-armed-'));
let system: FaultSystem;
beforeAll(async () => {
  system = await openFaultSystem({
    entries: withPreload(new URL('./preload/armed-fail-points.ts', import.meta.url)),
    serviceEnv: { ARMED_DIR: armedDir },
  });
});
afterAll(async () => {
  await system.close();
  rmSync(armedDir, { recursive: true });
});

/** Starts a process again with fail points, for this one life. */
async function restartArmed(name: string, failPoints: string): Promise<void> {
  writeFileSync(join(armedDir, name), failPoints);
  await system.stack.stopProcess(name);
  await system.stack.startProcess(name);
}

const restarted = (name: string, times = 1) =>
  vi.waitFor(() => {
    expect(system.exits().filter((exit) => exit === name)).toHaveLength(times);
    system.pidOf(name);
  }, 20_000);

it.each(['before-read', 'after-read', 'in-statement', 'after-commit', 'after-acknowledge'])(
  'counts every event once when a consumer is killed %s',
  async (point) => {
    await survives(system, {
      inject: async () => {
        await restartArmed('consumer-1', `${point}=kill@3`);
        await restarted('consumer-1');
      },
      restarts: ['consumer-1'],
    });
  },
);

it('counts once what a consumer had in hand when all consumers are killed, again and again', async () => {
  await survives(system, {
    inject: async (load) => {
      for (const times of [1, 2]) {
        for (const name of ['consumer-1', 'consumer-2']) system.stack.kill(name, 'SIGKILL');
        for (const name of ['consumer-1', 'consumer-2']) await restarted(name, times);
        await load.acknowledges(10);
      }
    },
    restarts: ['consumer-1', 'consumer-2'],
  });
});

it('counts a request once whose gateway was killed between the append and the answer', async () => {
  const { load } = await survives(system, {
    inject: async () => {
      await restartArmed('gateway', 'after-append=kill@3');
      await restarted('gateway');
    },
    restarts: ['gateway'],
  });
  expect(load.answers.unanswered + load.gatheredAnswers.unanswered).toBeGreaterThan(0);
});

it('loses nothing of the requests that are in flight when the gateway is killed', async () => {
  await survives(system, {
    inject: async () => {
      system.stack.kill('gateway', 'SIGKILL');
      await restarted('gateway');
    },
    restarts: ['gateway'],
  });
});

it('counts a batch once that a consumer applies long after another has taken it over', async () => {
  const before = await system.settled();
  system.forgetLogs();
  await system.stack.stopProcess('consumer-2');
  await restartArmed('consumer-1', 'after-read=pause:3000');
  const redis = await openTestRedis(system.redisUrl);
  await system.publish(...range(30).map((i) => event({ event_id: `zombie-${i % 25}` })));
  await vi.waitFor(async () => {
    const { pending } = await redis.xPending(shardKeys('oncelog', 0).stream, CONSUMER_GROUP);
    expect(pending).toBe(1);
  }, 10_000);
  redis.destroy();

  // it holds the batch, and has not begun to apply it
  const zombie = system.pidOf('consumer-1');
  process.kill(zombie, 'SIGSTOP');
  try {
    await system.stack.startProcess('consumer-2');
    await vi.waitFor(
      () => expect(system.logged('consumer-2')).toMatch(/claimed entries of a silent/),
      20_000,
    );
    await vi.waitFor(async () => expect((await system.stats()).received).toBe(before.received + 30), 20_000);
  } finally {
    process.kill(zombie, 'SIGCONT');
  }
  await vi.waitFor(async () => expect(await repeatedBatches('consumer-1')).toBeGreaterThan(0), 20_000);
  const after = await system.settled();
  expect(after.received - before.received).toBe(30);
  expect(after.unique_processed - before.unique_processed).toBe(25);
  expectOnlyTheseRestarted(system, []);
});

/** How many batches a consumer found in the ledger already. */
async function repeatedBatches(consumer: string): Promise<number> {
  const port = /"port":(\d+)/.exec(system.logged(consumer))?.[1];
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^oncelog_consumer_repeated_batches_total\S* (\d+)$/m.exec(metrics)?.[1]);
}

it('stays exact while the clocks of the services jump an hour back and forth', {
  timeout: 60_000,
}, async () => {
  const jumping = await openFaultSystem({
    entries: withPreload(new URL('./preload/jumping-clock.ts', import.meta.url)),
  });
  try {
    await survives(jumping, { inject: (load) => load.acknowledges(100) });
    const times: string[] = [];
    for (const _ of range(4)) {
      const health = (await (await jumping.get('/health')).json()) as { timestamp: string };
      times.push(health.timestamp);
    }
    expect(times).not.toEqual(times.toSorted());
  } finally {
    await jumping.close();
  }
});
