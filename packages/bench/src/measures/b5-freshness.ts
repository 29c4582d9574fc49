import type { LoadReport } from '../load/load-report.ts';
import type { ProbeReport } from '../load/probe-report.ts';
import type { Measure, MeasureResult } from '../measure.ts';
import { openBenchStack } from '../stack/bench-stack.ts';
import { differences, readCounts, untilReceived } from '../stack/counts.ts';
import { untilIdle } from '../stack/idle.ts';
import { type Latencies, median, rounded, spread } from '../statistics.ts';
import { halfRate, OPEN_LOOP_CONNECTIONS } from './half-rate.ts';
import { openGenerator, openIn } from './workers.ts';

const PROBER = new URL('../load/prober.ts', import.meta.url);
const PROBES_PER_SECOND = 20;
const MAX_MS = { p50: 20, p99: 100 };

interface FreshnessRun extends ProbeReport {
  readonly run: number;
  readonly publishMs: Latencies;
  readonly differences: readonly string[];
}

export const b5: Measure = {
  id: 'B5',
  what: 'accepted to visible in GET /events, at half rate',
  target: `p50 ≤ ${MAX_MS.p50} ms, p99 ≤ ${MAX_MS.p99} ms`,
  needs: ['B1'],
  async run(context) {
    const { options, opened, say } = context;
    const { perSecond, seconds, planOf } = halfRate(context);
    const { stack, sql } = await openBenchStack({ consumers: options.consumers, ...context });
    const generator = openGenerator(opened);
    const prober = openIn(opened, PROBER);
    const { url } = stack;
    const probes = PROBES_PER_SECOND * seconds;

    const freshnessRun = async (run: number): Promise<FreshnessRun> => {
      const plan = planOf(run);
      await generator.ask('prepare', plan);
      const before = await readCounts(sql);
      const [load, probed] = await Promise.all([
        generator.ask<LoadReport>('send', { url, connections: OPEN_LOOP_CONNECTIONS, perSecond }),
        prober.ask<ProbeReport>('probe', { url, probes, perSecond: PROBES_PER_SECOND }),
      ]);
      await untilReceived(sql, before, plan.events + probes);
      await untilIdle(url);
      const found = await differences(sql, before, plan, { others: probes });
      return { run, ...probed, publishMs: load.latencyMs, differences: found };
    };
    const warmUp = await freshnessRun(0);
    const runs: FreshnessRun[] = [];
    for (let run = 1; run <= options.repeats; run += 1) {
      const one = await freshnessRun(run);
      say(`run ${run}: p50 ${rounded(one.freshnessMs.p50)} ms, p99 ${rounded(one.freshnessMs.p99)} ms`);
      runs.push(one);
    }
    return freshnessResult(warmUp, runs);
  },
};

function freshnessResult(warmUp: FreshnessRun, runs: readonly FreshnessRun[]): MeasureResult {
  const p50s = runs.map(({ freshnessMs }) => freshnessMs.p50);
  const p99s = runs.map(({ freshnessMs }) => freshnessMs.p99);
  const problems = [warmUp, ...runs].flatMap(({ run, differences: found }) =>
    found.map((difference) => `run ${run}: ${difference}`),
  );
  return {
    unit: 'ms',
    value: { p50: rounded(median(p50s)), p99: rounded(median(p99s)) },
    spread: { p50: spread(p50s), p99: spread(p99s) },
    met: median(p50s) <= MAX_MS.p50 && median(p99s) <= MAX_MS.p99,
    exact: problems.length === 0,
    problems,
    runs,
  };
}
