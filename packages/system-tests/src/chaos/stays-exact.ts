import { expect } from 'vitest';
import { runChaos } from './run-chaos.ts';
import { createSchedule } from './schedule.ts';
import type { Target } from './target.ts';

/** The seed of the test runs. */
export const TEST_SEED = Number(process.env['TEST_CHAOS_SEED'] ?? 42);
const CONSUMERS = 3;

/** A short run with 30 kills, and its proof: exact for every key, and it has done something. */
export async function expectStaysExact(
  open: (options: { consumers: number }) => Promise<Target>,
  durationMs: number,
): Promise<void> {
  const schedule = createSchedule({ seed: TEST_SEED, durationMs, consumers: CONSUMERS, kills: 30 });
  const target = await open({ consumers: CONSUMERS });
  const never = new AbortController().signal;
  try {
    const result = await runChaos(
      { target, report: () => {}, stop: never },
      { seed: TEST_SEED, schedule, publishers: 4 },
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
}
