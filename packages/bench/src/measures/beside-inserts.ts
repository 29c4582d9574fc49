import type { Stack } from '@oncelog/local-stack';
import type { LoadPlan } from '../load/plan.ts';
import type { MeasureContext, MeasureResult } from '../measure.ts';
import { openBenchStack, openLimitDatabase } from '../stack/bench-stack.ts';
import { differences, readCounts, type Sql, untilReceived } from '../stack/counts.ts';
import { cpuSince, readCpu } from '../stack/cpu-by-process.ts';
import type { Worker } from '../workers/open-worker.ts';
import { interleave, throughputResult } from './interleave.ts';
import { publishRun, type TimedRun, timed } from './publish-run.ts';
import { openGenerator, openIn } from './workers.ts';

const BARE_INSERT = new URL('../limits/bare-insert.ts', import.meta.url);
export const CONNECTIONS = 8;

/** B1 and B3: end to end, beside a script that only inserts the same batches into the same tables. */
export async function besideInserts(
  context: MeasureContext,
  { batchSize, target }: { readonly batchSize: number; readonly target: number },
): Promise<MeasureResult> {
  const { options, opened } = context;
  const system = await openBenchStack({ consumers: options.consumers, ...context });
  const database = await openLimitDatabase(system, opened);
  const generator = openGenerator(opened);
  const script = openIn(opened, BARE_INSERT);
  const planOf = (run: number): LoadPlan => ({
    seed: options.seed,
    run,
    ids: 'random',
    idsFromMs: 0,
    events: options.events,
    batchSize,
  });
  const runs = await interleave(context, {
    ours: (run) => publishRun({ system, generator }, planOf(run), { connections: CONNECTIONS }),
    limit: (run) => insertRun({ script, stack: system.stack, ...database }, planOf(run)),
  });
  return throughputResult(runs, target);
}

/** Timed as ours is: until the counters have grown by all events. */
async function insertRun(
  { script, stack, url, sql }: { script: Worker; stack: Stack; url: string; sql: Sql },
  plan: LoadPlan,
): Promise<TimedRun> {
  await script.ask('prepare', plan);
  await sql`CHECKPOINT`;
  const before = await readCounts(sql);
  const cpuBefore = readCpu(stack);
  const [report, countedAtMs] = await Promise.all([
    script.ask<{ startedAtMs: number; cpuSeconds: number }>('insert', { url }),
    untilReceived(sql, before, plan.events),
  ]);
  const cpu = cpuSince(stack, cpuBefore);
  return {
    ...timed('limit', plan, countedAtMs - report.startedAtMs),
    differences: await differences(sql, before, plan),
    // ours are idle meanwhile
    cpuSeconds: cpu && { ...cpu, script: report.cpuSeconds },
  };
}
