import { setTimeout as delay } from 'node:timers/promises';
import { type Client, createClient } from '@oncelog/client';
import type { Stats } from '@oncelog/event-schema';
import { type Proof, prove } from './proof.ts';
import { runPublishers } from './publishers.ts';
import { type ChaosRecord, createRecord } from './record.ts';
import { type Fault, isKill } from './schedule.ts';
import type { FaultOutcome, Target } from './target.ts';

/** A fault began, could not be done, or is over. */
export interface ChaosStep {
  readonly afterMs: number;
  readonly fault: Fault;
  readonly phase: 'begins' | 'is over' | 'is missed';
  readonly acknowledgedEvents: number;
}

export interface ChaosDeps {
  readonly target: Target;
  readonly report: (step: ChaosStep) => void;
  /** Ends the run early: what was broken is not mended, and nothing is proved. */
  readonly stop: AbortSignal;
}

export interface ChaosInput {
  readonly seed: number;
  readonly schedule: readonly Fault[];
  readonly publishers: number;
}

export interface ChaosResult {
  /** Nothing lost, nothing counted twice, nothing that exited on an error, and at rest in time. */
  readonly exact: boolean;
  readonly problems: readonly string[];
  readonly seed: number;
  readonly seconds: number;
  readonly faults: number;
  readonly kills: number;
  /** How many of each: `redis kill`. Those that were missed are left out. */
  readonly faultsByKind: Readonly<Record<string, number>>;
  readonly missed: number;
  readonly batches: number;
  readonly acknowledgedEvents: number;
  readonly keys: number;
  readonly exactKeys: number;
  readonly duplicates: number;
  readonly retries: number;
  /** From the end of the last fault until nothing was in flight; null where that took longer than 30 s. */
  readonly secondsToRest: number | null;
}

const REST_DEADLINE_MS = 30_000;
const REST_POLL_MS = 100;

/**
 * Publishes while everything is broken by the schedule; then waits for rest, and compares the system with what the
 * publishers know.
 *
 * @throws where `stop` aborts
 */
export async function runChaos(deps: ChaosDeps, input: ChaosInput): Promise<ChaosResult> {
  const { target, stop } = deps;
  const record = createRecord();
  const startedAt = performance.now();
  const enough = new AbortController();
  const tooLate = new AbortController();
  const publishing = runPublishers(record, {
    url: target.url,
    seed: input.seed,
    publishers: input.publishers,
    stop: AbortSignal.any([stop, enough.signal]),
    giveUp: AbortSignal.any([stop, tooLate.signal]),
  });
  const outcomes = await inflictAll(deps, input.schedule, { record, startedAt });

  const mendedAt = performance.now();
  const timer = setTimeout(() => tooLate.abort(), REST_DEADLINE_MS);
  enough.abort();
  await publishing;
  clearTimeout(timer);
  const client = createClient({ url: target.url, timeoutMs: 5_000, retry: { capMs: 500 } });
  const stats = await rest(client, { deadline: mendedAt + REST_DEADLINE_MS, stop });
  const restMs = performance.now() - mendedAt;

  const evidence = {
    stats: stats ?? (await client.stats()),
    receipts: await client.batches(record.batches.flatMap(({ batchId }) => batchId ?? [])),
    query: target.query,
  };
  const proof = await prove({ seed: input.seed, record }, evidence);
  const late = `not at rest ${REST_DEADLINE_MS / 1_000} s after the last fault`;
  const problems = [
    ...(stats === undefined ? [late] : []),
    ...proof.differences,
    ...(await target.mishaps()),
  ];
  return {
    exact: problems.length === 0,
    problems,
    seed: input.seed,
    seconds: seconds(performance.now() - startedAt),
    ...countFaults(input.schedule, outcomes),
    ...figuresOf(record, proof),
    secondsToRest: stats === undefined ? null : seconds(restMs),
  };
}

interface Progress {
  readonly record: ChaosRecord;
  readonly startedAt: number;
}

/** Each fault at its time, or after the one before it on the same component. Resolves when all are over. */
async function inflictAll(
  { target, report, stop }: ChaosDeps,
  schedule: readonly Fault[],
  { record, startedAt }: Progress,
): Promise<FaultOutcome[]> {
  const busy = new Map<string, Promise<unknown>>();
  const step = (fault: Fault, phase: ChaosStep['phase']): void =>
    report({
      afterMs: performance.now() - startedAt,
      fault,
      phase,
      acknowledgedEvents: record.acknowledgedEvents(),
    });
  const inflict = async (fault: Fault, before: Promise<unknown> | undefined): Promise<FaultOutcome> => {
    await before;
    stop.throwIfAborted();
    step(fault, 'begins');
    const result = await target.inflict(fault);
    step(fault, result.outcome === 'done' ? 'is over' : 'is missed');
    return result;
  };
  const running: Promise<FaultOutcome>[] = [];
  for (const fault of schedule) {
    await delay(Math.max(0, startedAt + fault.atMs - performance.now()), undefined, { signal: stop });
    const before = fault.component === 'stray' ? undefined : busy.get(fault.component);
    const outcome = inflict(fault, before);
    // reported by Promise.all
    outcome.catch(() => {});
    busy.set(fault.component, outcome);
    running.push(outcome);
  }
  return Promise.all(running);
}

/** Polls until nothing is in flight and the figures add up; undefined where they do not in time. */
async function rest(
  client: Client,
  { deadline, stop }: { deadline: number; stop: AbortSignal },
): Promise<Stats | undefined> {
  while (performance.now() < deadline) {
    const stats = await client.stats({ signal: stop });
    if (isAtRest(stats)) return stats;
    await delay(REST_POLL_MS, undefined, { signal: stop });
  }
  return undefined;
}

function isAtRest({ in_flight, accepted, received, dead_lettered }: Stats): boolean {
  return in_flight === 0 && accepted === received + dead_lettered;
}

function countFaults(schedule: readonly Fault[], outcomes: readonly FaultOutcome[]) {
  const done = schedule.filter((_, i) => outcomes[i]?.outcome === 'done');
  const faultsByKind: Record<string, number> = {};
  for (const { component, action } of done) {
    const kind = `${component} ${action}`;
    faultsByKind[kind] = (faultsByKind[kind] ?? 0) + 1;
  }
  return {
    faults: done.length,
    kills: done.filter(isKill).length,
    missed: schedule.length - done.length,
    faultsByKind,
  };
}

function figuresOf(record: ChaosRecord, { keys, exactKeys }: Proof) {
  return {
    batches: record.batches.length,
    acknowledgedEvents: record.acknowledgedEvents(),
    keys,
    exactKeys,
    duplicates: record.acknowledgedEvents() - keys,
    retries: record.retries(),
  };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
