import type { MeasureContext, MeasureResult } from '../measure.ts';
import { median, rounded, spread } from '../statistics.ts';
import type { TimedRun } from './publish-run.ts';

type RunOnce = (run: number) => Promise<TimedRun>;

export interface Sides {
  readonly ours: RunOnce;
  readonly limit: RunOnce;
}

export interface InterleavedRuns {
  readonly warmUp: readonly TimedRun[];
  readonly ours: readonly TimedRun[];
  readonly limit: readonly TimedRun[];
}

/** Ours and the limit in turn, so that what else happens on the machine hits both. */
export async function interleave(
  { options, say }: Pick<MeasureContext, 'options' | 'say'>,
  sides: Sides,
): Promise<InterleavedRuns> {
  const warmUp: TimedRun[] = [];
  const ours: TimedRun[] = [];
  const limit: TimedRun[] = [];
  for (let run = 0; run <= options.repeats; run += 1) {
    const one = await sides.ours(run);
    const other = await sides.limit(run);
    say(`${run === 0 ? 'warm-up' : `run ${run}`}: ${perSecond(one)}, limit ${perSecond(other)} events/s`);
    if (run === 0) warmUp.push(one, other);
    else {
      ours.push(one);
      limit.push(other);
    }
  }
  return { warmUp, ours, limit };
}

function perSecond({ eventsPerSecond, differences }: TimedRun): string {
  return `${Math.round(eventsPerSecond)}${differences.length > 0 ? ' (INEXACT)' : ''}`;
}

/**
 * Medians of both sides, and their ratio, which is to be at least `target`. A warm-up need not be fast, but exact.
 */
export function throughputResult({ warmUp, ours, limit }: InterleavedRuns, target: number): MeasureResult {
  const speeds = ours.map(({ eventsPerSecond }) => eventsPerSecond);
  const value = median(speeds);
  const limitValue = median(limit.map(({ eventsPerSecond }) => eventsPerSecond));
  const ratio = rounded(value / limitValue, 3);
  const [lowest, highest] = spread(speeds);
  const runs = [...ours, ...limit].sort((a, b) => a.run - b.run);
  return {
    unit: 'events/s',
    value: Math.round(value),
    limit: Math.round(limitValue),
    ratio,
    spread: [Math.round(lowest), Math.round(highest)],
    met: ratio >= target,
    ...exactness([...warmUp, ...runs]),
    runs,
  };
}

export function exactness(runs: readonly TimedRun[]): Pick<MeasureResult, 'exact' | 'problems'> {
  const problems = runs.flatMap(({ side, run, differences }) =>
    differences.map((difference) => `${side}, run ${run}: ${difference}`),
  );
  return { exact: problems.length === 0, problems };
}
