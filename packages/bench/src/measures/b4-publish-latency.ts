import { asTestUser } from '@oncelog/event-stream/testing';
import type { LoadReport } from '../load/load-report.ts';
import type { Measure, MeasureResult } from '../measure.ts';
import { openBenchStack } from '../stack/bench-stack.ts';
import { type Latencies, median, rounded, spread } from '../statistics.ts';
import { halfRate, OPEN_LOOP_CONNECTIONS } from './half-rate.ts';
import { exactness, type InterleavedRuns, interleave } from './interleave.ts';
import { publishRun, type TimedRun, timed } from './publish-run.ts';
import { openGenerator, openIn } from './workers.ts';

const BARE_XADD = new URL('../limits/bare-xadd.ts', import.meta.url);
const MAX_RATIO = 3;

export const b4: Measure = {
  id: 'B4',
  what: "publish latency at half of B1's rate (limit: bare XADD)",
  target: `p50 and p99 ≤ ${MAX_RATIO} ×`,
  needs: ['B1'],
  async run(context) {
    const { options, opened } = context;
    const { perSecond, planOf } = halfRate(context);
    const system = await openBenchStack({ consumers: options.consumers, ...context });
    const generator = openGenerator(opened);
    const appender = openIn(opened, BARE_XADD);
    const load = { connections: OPEN_LOOP_CONNECTIONS, perSecond };
    const limit = async (run: number): Promise<TimedRun> => {
      const plan = planOf(run);
      await appender.ask('prepare', plan);
      const { startedAtMs, endedAtMs, latencyMs } = await appender.ask<LoadReport>('append', {
        url: asTestUser(system.stack.redisUrl),
        perSecond,
      });
      return { ...timed('limit', plan, endedAtMs - startedAtMs), differences: [], latencyMs };
    };
    const ours = (run: number): Promise<TimedRun> => publishRun({ system, generator }, planOf(run), load);
    return latencyResult(await interleave(context, { ours, limit }));
  },
};

function latencyResult({ warmUp, ours, limit }: InterleavedRuns): MeasureResult {
  const values = { p50: of(ours, 'p50'), p99: of(ours, 'p99') };
  const limits = { p50: of(limit, 'p50'), p99: of(limit, 'p99') };
  const p50 = median(values.p50) / median(limits.p50);
  const p99 = median(values.p99) / median(limits.p99);
  const runs = [...ours, ...limit].sort((a, b) => a.run - b.run);
  return {
    unit: 'ms',
    value: { p50: rounded(median(values.p50)), p99: rounded(median(values.p99)) },
    limit: { p50: rounded(median(limits.p50)), p99: rounded(median(limits.p99)) },
    ratio: { p50: rounded(p50, 3), p99: rounded(p99, 3) },
    spread: { p50: spread(values.p50), p99: spread(values.p99) },
    met: p50 <= MAX_RATIO && p99 <= MAX_RATIO,
    ...exactness([...warmUp, ...runs]),
    runs,
  };
}

function of(runs: readonly TimedRun[], which: keyof Latencies): number[] {
  return runs.flatMap(({ latencyMs }) => latencyMs?.[which] ?? []);
}
