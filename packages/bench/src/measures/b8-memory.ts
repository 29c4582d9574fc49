import { peakBytes } from '../cpu.ts';
import type { LoadReport } from '../load/load-report.ts';
import type { LoadPlan } from '../load/plan.ts';
import type { Measure, MeasureContext, MeasureResult } from '../measure.ts';
import { type BenchStack, openBenchStack } from '../stack/bench-stack.ts';
import { differences, readCounts, untilReceived } from '../stack/counts.ts';
import { untilIdle } from '../stack/idle.ts';
import { openRedis, type Redis, steadyMemory, usedMemory } from '../stack/redis-memory.ts';
import { rounded } from '../statistics.ts';
import type { Worker } from '../workers/open-worker.ts';
import { nowMs } from '../workers/serve.ts';
import { publishRun } from './publish-run.ts';
import { openGenerator } from './workers.ts';

const BACKLOG_EVENTS = 2_000_000;
const QUICK_BACKLOG_EVENTS = 50_000;
const CONNECTIONS = 8;
const MAX_MB = 150;
const MAX_GROWTH = 1.1;

interface Parts {
  readonly system: BenchStack;
  readonly generator: Worker;
  readonly redis: Redis;
}

export const b8: Measure = {
  id: 'B8',
  what: 'memory at full rate and after a backlog (ratio: Redis, after to start)',
  target: `services ≤ ${MAX_MB} MB, Redis ≤ ${MAX_GROWTH} ×`,
  async run(context) {
    const { options, opened, say } = context;
    const system = await openBenchStack({ ...context, consumers: options.consumers });
    const redis = await openRedis(system.stack.redisUrl, opened);
    const parts: Parts = { system, generator: openGenerator(opened), redis };
    const redisStart = await usedMemory(redis);
    const full = await publishRun(parts, planOf(context, 0, options.events), { connections: CONNECTIONS });
    const atFullRate = peaks(system, 'at full rate');

    const events = options.quick ? QUICK_BACKLOG_EVENTS : BACKLOG_EVENTS;
    say(`making a backlog of ${events} events …`);
    const drained = await drain(parts, planOf(context, 1, events));
    const redisEnd = await steadyMemory(redis);
    const value = {
      ...atFullRate,
      ...peaks(system, 'after the backlog'),
      'redis at the start': megabytes(redisStart),
      'redis with the backlog': megabytes(drained.redisBytes),
      'redis at the end': megabytes(redisEnd),
    };
    const problems = [...full.differences, ...drained.differences];
    return resultOf(value, { growth: redisEnd / redisStart, problems, runs: [full, drained] });
  },
};

function planOf({ options }: MeasureContext, run: number, events: number): LoadPlan {
  return { seed: options.seed, run, ids: 'random', idsFromMs: 0, events, batchSize: 100 };
}

/** Publishes while no consumer runs, then starts the consumers and waits until all is counted and acknowledged. */
async function drain({ system: { stack, sql }, generator, redis }: Parts, plan: LoadPlan) {
  const consumers = stack.processes.map(({ name }) => name).filter((name) => name.startsWith('consumer-'));
  await generator.ask('prepare', plan);
  await Promise.all(consumers.map((name) => stack.stopProcess(name)));
  const before = await readCounts(sql);
  const load = await generator.ask<LoadReport>('send', { url: stack.url, connections: CONNECTIONS });
  const redisBytes = await usedMemory(redis);
  const startedAtMs = nowMs();
  await Promise.all(consumers.map((name) => stack.startProcess(name)));
  const seconds = ((await untilReceived(sql, before, plan.events)) - startedAtMs) / 1_000;
  await untilIdle(stack.url);
  return {
    events: plan.events,
    publishSeconds: (load.endedAtMs - load.startedAtMs) / 1_000,
    drainSeconds: seconds,
    redisBytes,
    differences: await differences(sql, before, plan),
  };
}

/** Of the gateway and of each consumer. */
function peaks({ stack }: BenchStack, when: string): Record<string, number | null> {
  const services = stack.processes.filter(({ name }) => name === 'gateway' || name.startsWith('consumer-'));
  return Object.fromEntries(services.map(({ name, pid }) => [`${name} ${when}`, megabytes(peakBytes(pid))]));
}

function megabytes(bytes: number | undefined): number | null {
  return bytes === undefined ? null : rounded(bytes / 1e6);
}

function resultOf(
  value: Record<string, number | null>,
  { growth, problems, runs }: { growth: number; problems: readonly string[]; runs: readonly object[] },
): MeasureResult {
  const services = Object.entries(value).filter(([name]) => !name.startsWith('redis'));
  const available = services.every(([, megabyte]) => megabyte !== null);
  const met = services.every(([, megabyte]) => (megabyte ?? 0) <= MAX_MB) && growth <= MAX_GROWTH;
  return {
    unit: 'MB',
    value,
    ratio: rounded(growth, 3),
    ...(available ? { met } : {}),
    exact: problems.length === 0,
    problems: available ? problems : [...problems, 'the memory of processes is not available on this system'],
    runs,
  };
}
