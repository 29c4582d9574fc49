import { expect, it } from 'vitest';
import { openComposeTarget } from '../src/chaos/compose-target.ts';
import { runChaos } from '../src/chaos/run-chaos.ts';
import { createSchedule } from '../src/chaos/schedule.ts';

/** The run of `npm run chaos -- --compose --minutes 1 --seed 42 --kills 30`: containers are killed, paused and cut off. */
const SEED = Number(process.env['TEST_CHAOS_SEED'] ?? 42);
const CONSUMERS = 3;

it(`stays exact for every key while containers are killed, paused and disconnected (seed ${SEED})`, {
  timeout: 600_000,
}, async () => {
  const schedule = createSchedule({ seed: SEED, durationMs: 60_000, consumers: CONSUMERS, kills: 30 });
  const target = await openComposeTarget({ consumers: CONSUMERS });
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
