import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stats } from '@oncelog/event-schema';
import { expect, vi } from 'vitest';
import { openSystem, type System, type SystemOptions } from '../testing/system.ts';
import { keptOf } from './gathered-load.ts';
import { differences, type Load, type LoadOptions, type Sent, startLoad } from './load.ts';

/** A system that remembers what its supervisor and its processes say. */
export interface FaultSystem extends System {
  /** What a process has written to its log since the last `forgetLogs`; all processes without a name. */
  logged(name?: string): string;
  /** Names of processes that exited, in order, since the last `forgetLogs`. */
  exits(): string[];
  forgetLogs(): void;
}

export interface Fault {
  /** Injects the fault under load, waits until it has shown, and ends it. */
  readonly inject: (load: Load) => Promise<void>;
  /** Processes that die of it, and are started again. Any other exit fails the test. */
  readonly restarts?: readonly string[];
  /** A line, by process, that names the trouble. `consumer` and `services` stand for any of them. */
  readonly logs?: Readonly<Record<string, RegExp>>;
  /** The fault destroys what was accepted: what is stored must be exact all the same. */
  readonly loses?: boolean;
  /** A lighter load, for a fault that lasts long. */
  readonly load?: LoadOptions;
}

/** A gateway answers within 5 s; the rest is for a machine that is busy with other tests. */
export const ANSWER_WITHIN_MS = 5_000 + 3_000;

/** Quick tries and short limits, so that a fault outlasts them within seconds. */
const QUICK = {
  STATEMENT_TIMEOUT_MS: '1000',
  RETRY_CAP_MS: '500',
  CLAIM_IDLE_MS: '500',
  MAINTENANCE_INTERVAL_MS: '100',
  BLOCK_MS: '200',
};

/** Waits longer than any one of the waits inside, so that the message of the one that failed is seen. */
vi.setConfig({ testTimeout: 120_000 });

export async function openFaultSystem(options: SystemOptions = {}): Promise<FaultSystem> {
  const supervisor: string[] = [];
  const system = await openSystem({
    consumers: 2,
    ...options,
    serviceEnv: { ...QUICK, ...options.serviceEnv },
    log: (line) => supervisor.push(line),
  });
  const logs = join(system.dataDir, 'logs');
  const forgotten = new Map<string, number>();
  let forgottenLines = 0;
  const names = () => readdirSync(logs).map((file) => file.replace(/\.log$/, ''));
  const read = (name: string) => {
    const file = join(logs, `${name}.log`);
    return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  };
  const logged = (name: string) => read(name).subarray(forgotten.get(name)).toString();

  return Object.assign(system, {
    logged: (name?: string) => (name === undefined ? names().map(logged).join('\n') : logged(name)),
    exits: () => supervisor.slice(forgottenLines).flatMap((line) => /^(\S+) exited /.exec(line)?.[1] ?? []),
    forgetLogs() {
      for (const name of names()) forgotten.set(name, read(name).length);
      forgottenLines = supervisor.length;
    },
  });
}

let topics = 0;

/**
 * Injects a fault while clients publish, and holds the system to its promises: every request is answered in time
 * by 202 or 503, the trouble is named in the logs, only what the fault itself kills dies, the system recovers by
 * itself within 30 s, and every acknowledged event is stored and counted once, whether it was sent with a key or not.
 * What was refused without a key is not stored; what became of the rest nobody knows, but it is counted at most once.
 */
export async function survives(system: FaultSystem, fault: Fault): Promise<{ load: Load; after: Stats }> {
  const before = await system.settled();
  system.forgetLogs();
  const load = startLoad(system, `fault-${topics++}`, fault.load);
  try {
    await load.acknowledges(10);
    await fault.inject(load);
    await load.acknowledges(10);
    const sent = await load.finish();
    const after = await system.settled();
    await expectKept({ system, fault, load, before }, sent, after);
    return { load, after };
  } finally {
    load.abandon();
  }
}

interface Course {
  readonly system: FaultSystem;
  readonly fault: Fault;
  readonly load: Load;
  readonly before: Stats;
}

async function expectKept({ system, fault, load, before }: Course, sent: Sent, after: Stats): Promise<void> {
  for (const { wrong, slowestMs, unanswered } of [load.answers, load.gatheredAnswers]) {
    expect(wrong).toEqual([]);
    expect(slowestMs).toBeLessThan(ANSWER_WITHIN_MS);
    if (!fault.restarts?.includes('gateway')) expect(unanswered).toBe(0);
  }
  if (!fault.loses) {
    expect(await differences(system, load.topic, sent)).toEqual([]);
    const gathered = await keptOf(system, sent.gathered);
    expect(gathered.differences).toEqual([]);
    expect(gathered.batches).toBeLessThan(gathered.requests);
    const received = after.received - before.received - sent.events;
    expect(received).toBeGreaterThanOrEqual(gathered.leastReceived);
    expect(received).toBeLessThanOrEqual(gathered.mostReceived);
    expect(after.unique_processed - before.unique_processed).toBe(sent.payloads.size + gathered.stored);
  }
  expectOnlyTheseRestarted(system, fault.restarts ?? []);
  for (const [name, line] of Object.entries(fault.logs ?? {})) expectLogged(system, name, line);
}

/** Resolves when `n` more events are applied, whatever the way to Postgres looks like. */
export async function applies(system: FaultSystem, n: number): Promise<void> {
  const applied = async () => {
    const [row] = await system.sql<
      { n: number }[]
    >`SELECT coalesce(sum(received), 0)::int AS n FROM event_stats`;
    return row?.n ?? 0;
  };
  const from = await applied();
  await vi.waitFor(async () => expect(await applied()).toBeGreaterThanOrEqual(from + n), 30_000);
}

/** No process exited but those that the fault kills; none at all on an error that nobody handled. */
export function expectOnlyTheseRestarted(system: FaultSystem, names: readonly string[]): void {
  expect([...new Set(system.exits())].sort()).toEqual([...names].sort());
  const failed = system.logged().match(/^\{"level":60.*$/gm);
  expect(failed).toBeNull();
}

function expectLogged(system: FaultSystem, name: string, line: RegExp): void {
  const which = system.stack.processes.map((process) => process.name);
  const isMeant = (one: string) =>
    name === 'services' ? /^(gateway|consumer)/.test(one) : one.startsWith(name);
  expect(which.filter(isMeant).map(system.logged).join('\n')).toMatch(line);
}
