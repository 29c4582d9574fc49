import { expect, it } from 'vitest';
import { openLocalTarget } from './local-target.ts';
import { runChaos } from './run-chaos.ts';
import { createSchedule } from './schedule.ts';

/** The run of `npm run chaos` in short: `npm run chaos -- --minutes 0.5 --seed 42 --kills 30` is the same one. */
const SEED = Number(process.env['TEST_CHAOS_SEED'] ?? 42);
const CONSUMERS = 3;

it(`stays exact for every key while everything is killed, frozen and cut (seed ${SEED})`, {
  timeout: 150_000,
}, async () => {
  const schedule = createSchedule({ seed: SEED, durationMs: 30_000, consumers: CONSUMERS, kills: 30 });
  const target = await openLocalTarget({ consumers: CONSUMERS });
  const never = new AbortController().signal;
  try {
    const result = await runChaos(
      { target, report: () => {}, stop: never },
      { seed: SEED, schedule, publishers: 4 },
    );
    expect(result.problems).toEqual([]);
    expect(result.exactKeys).toBe(result.keys);
    // otherwise it has shown nothing
    expect(result.acknowledgedEvents).toBeGreaterThan(1_000);
    expect(result.duplicates).toBeGreaterThan(100);
    expect(result.kills).toBeGreaterThan(20);
  } finally {
    await target.close({ keep: false });
  }
});
