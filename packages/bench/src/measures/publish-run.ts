import type { LoadInput, LoadReport } from '../load/load-report.ts';
import type { LoadPlan } from '../load/plan.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import { differences, readCounts, untilReceived } from '../stack/counts.ts';
import { type CpuByProcess, cpuSince, readCpu } from '../stack/cpu-by-process.ts';
import { untilIdle } from '../stack/idle.ts';
import type { Latencies } from '../statistics.ts';
import type { Worker } from '../workers/open-worker.ts';

/** One run from the first POST to the last event committed and counted, or what was measured beside it. */
export interface TimedRun {
  readonly side: 'ours' | 'limit';
  readonly run: number;
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly differences: readonly string[];
  readonly cpuSeconds?: CpuByProcess | undefined;
  readonly latencyMs?: Latencies;
  readonly retries?: number;
}

export interface PublishRunDeps {
  readonly system: BenchStack;
  readonly generator: Worker;
}

/** Publishes a plan, and waits until all of it is counted and the system is idle again. */
export async function publishRun(
  { system: { stack, sql }, generator }: PublishRunDeps,
  plan: LoadPlan,
  { checkpoint = true, ...load }: Omit<LoadInput, 'url'> & { readonly checkpoint?: boolean },
): Promise<TimedRun> {
  await generator.ask('prepare', plan);
  await untilIdle(stack.url); // a kept store may have been left in the middle of a run
  // where a checkpoint falls would decide more than what is measured
  if (checkpoint) await sql`CHECKPOINT`;
  const before = await readCounts(sql);
  const cpuBefore = readCpu(stack);
  const [report, countedAtMs] = await Promise.all([
    generator.ask<LoadReport>('send', { url: stack.url, ...load }),
    untilReceived(sql, before, plan.events),
  ]);
  const cpu = cpuSince(stack, cpuBefore);
  await untilIdle(stack.url);
  return {
    ...timed('ours', plan, countedAtMs - report.startedAtMs),
    differences: await differences(sql, before, plan),
    cpuSeconds: cpu && { ...cpu, generator: report.cpuSeconds },
    latencyMs: report.latencyMs,
    retries: report.retries,
  };
}

export function timed(side: TimedRun['side'], plan: LoadPlan, ms: number) {
  const { run, events } = plan;
  return { side, run, events, seconds: ms / 1_000, eventsPerSecond: events / (ms / 1_000) };
}
