import { treeCpuSeconds } from '../cpu.ts';
import type { LoadReport } from '../load/load-report.ts';
import type { LoadPlan } from '../load/plan.ts';
import type { Measure } from '../measure.ts';
import { openBenchStack } from '../stack/bench-stack.ts';
import { interleave, throughputResult } from './interleave.ts';
import { publishRun, type TimedRun, timed } from './publish-run.ts';
import { openGenerator, openIn } from './workers.ts';

const BARE_EXPRESS = new URL('../limits/bare-express.ts', import.meta.url);
const CONNECTIONS = 32;
const TARGET = 0.6;
/** A run with single events has so many times fewer: it takes as long. */
const FEWER = 7.5;

export const b2: Measure = {
  id: 'B2',
  what: 'end to end, 1 event a request (limit: bare Express)',
  target: `≥ ${TARGET}`,
  async run(context) {
    const { options, opened } = context;
    const system = await openBenchStack({ consumers: options.consumers, ...context });
    const generator = openGenerator(opened);
    const express = openIn(opened, BARE_EXPRESS);
    const url = await express.ask<string>('listen');
    const events = Math.ceil(options.events / FEWER);
    const planOf = (run: number): LoadPlan => ({
      seed: options.seed,
      run,
      ids: 'random',
      idsFromMs: 0,
      events,
      batchSize: 1,
    });
    const limit = async (run: number): Promise<TimedRun> => {
      const plan = planOf(run);
      await generator.ask('prepare', plan);
      const expressBefore = treeCpuSeconds(express.pid);
      const report = await generator.ask<LoadReport>('send', { url, connections: CONNECTIONS });
      const { startedAtMs, endedAtMs, latencyMs, retries, cpuSeconds } = report;
      const expressAfter = treeCpuSeconds(express.pid);
      return {
        ...timed('limit', plan, endedAtMs - startedAtMs),
        differences: [],
        cpuSeconds:
          expressBefore === undefined || expressAfter === undefined
            ? undefined
            : { express: expressAfter - expressBefore, generator: cpuSeconds },
        latencyMs,
        retries,
      };
    };
    const ours = (run: number): Promise<TimedRun> =>
      publishRun({ system, generator }, planOf(run), { connections: CONNECTIONS });
    return throughputResult(await interleave(context, { ours, limit }), TARGET);
  },
};
