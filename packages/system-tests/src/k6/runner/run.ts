import { NEXT_ITERATION, STOPPED } from './messages.ts';
import { type Context, ContextError, type ContextEvents, openContext } from './open-context.ts';
import { createSinks, type Sinks, type SummaryMetric, type Thresholds } from './sinks.ts';

/** k6's exit codes, those that happen here. */
const EXIT = { ok: 0, thresholds: 99, exception: 107, aborted: 108 } as const;

export interface RunInput {
  /** `file:` URL of the script. */
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly print: (text: string) => void;
  /** A line of k6's log. */
  readonly log: (line: string) => void;
}

interface Options {
  readonly scenarios: Readonly<Record<string, Scenario>>;
  readonly thresholds?: Thresholds;
  readonly summaryTrendStats?: readonly string[];
}

interface Scenario {
  readonly executor: string;
  readonly exec: string;
  readonly iterations: number;
  readonly vus: number;
  readonly maxDuration: string;
}

const DEFAULT_TREND_STATS = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'];

/**
 * Runs a script of one scenario of shared iterations as k6 does: each virtual user, setup, teardown and
 * the summary in contexts of their own, the setup's value to all of them as JSON, iterations that throw logged, thresholds judged after the teardown, then the summary.
 *
 * @returns the exit code that k6 would have
 */
export async function run({ script, env, print, log }: RunInput): Promise<number> {
  const declared: Parameters<Sinks['declare']>[] = [];
  let sinks: Sinks | undefined;
  const events: ContextEvents = {
    onMetric: (name, type) => (sinks === undefined ? declared.push([name, type]) : sinks.declare(name, type)),
    onSamples: (samples) => sinks?.add(samples),
    onIterationFailed: (error) => log(`ERRO ${error}`),
  };
  const open = (vu: number): Promise<Context> => openContext(events, { script, env, vu });
  let exitCode: number = EXIT.ok;
  const failed = (error: unknown): void => {
    if (!(error instanceof ContextError)) throw error;
    log(`ERRO ${error.message}`);
    exitCode = error.aborted ? EXIT.aborted : EXIT.exception;
  };

  const callAlone = async (name: string, argument?: unknown): Promise<unknown> => {
    const context = await open(0);
    return context.run({ kind: 'call', name, argument }).finally(context.close);
  };

  let options: Options;
  try {
    const first = await open(0);
    options = first.options as Options;
    await first.close();
  } catch (error) {
    failed(error);
    return exitCode;
  }
  const { scenarios, thresholds = {}, summaryTrendStats = DEFAULT_TREND_STATS } = options;
  sinks = createSinks(thresholds);
  for (const [name, type] of declared) sinks.declare(name, type);

  const startedAt = performance.now();
  let setupData: unknown;
  try {
    setupData = await callAlone('setup');
    await iterate(open, { scenario: only(scenarios), setupData, sinks }).catch(failed);
    await callAlone('teardown', setupData);
  } catch (error) {
    failed(error);
  }

  const seconds = (performance.now() - startedAt) / 1_000;
  const metrics = sinks.summary({ seconds, trendStats: summaryTrendStats });
  const data = { metrics, setup_data: setupData, state: { testRunDurationMs: seconds * 1_000 } };
  const summary = await callAlone('handleSummary', data);
  print((summary as { stdout: string }).stdout);
  for (const name of crossed(metrics)) log(`ERRO thresholds on metrics '${name}' have been crossed`);
  return exitCode === EXIT.ok && crossed(metrics).length > 0 ? EXIT.thresholds : exitCode;
}

function only(scenarios: Options['scenarios']): Scenario {
  const [scenario, ...others] = Object.values(scenarios);
  if (scenario?.executor !== 'shared-iterations' || others.length > 0) {
    throw new Error('this runner knows one scenario, of shared iterations');
  }
  if (scenario.iterations < scenario.vus) {
    throw new Error("the number of iterations can't be less than the number of VUs");
  }
  return scenario;
}

/** @throws {ContextError} a virtual user has aborted the test */
async function iterate(
  open: (vu: number) => Promise<Context>,
  { scenario, setupData, sinks }: { scenario: Scenario; setupData: unknown; sinks: Sinks },
): Promise<void> {
  const shared = new SharedArrayBuffer(8);
  const places = new Int32Array(shared);
  const users = await Promise.all(Array.from({ length: scenario.vus }, (_, i) => open(i + 1)));
  const startTimeMs = Date.now();
  const task = {
    kind: 'iterate',
    name: scenario.exec,
    argument: setupData,
    total: scenario.iterations,
    shared,
    startTimeMs,
    deadlineMs: startTimeMs + durationMs(scenario.maxDuration),
  } as const;
  const ends = users.map((user) =>
    user.run(task).catch((error: unknown) => {
      Atomics.store(places, STOPPED, 1);
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(ends);
  await Promise.all(users.map((user) => user.close()));
  const dropped = scenario.iterations - Math.min(scenario.iterations, Atomics.load(places, NEXT_ITERATION));
  if (dropped > 0) sinks.add([{ metric: 'dropped_iterations', value: dropped, tags: {} }]);
  const rejected = outcomes.find((outcome) => outcome.status === 'rejected');
  if (rejected !== undefined) throw rejected.reason;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function durationMs(text: string): number {
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  return parts.reduce((total, [, amount, unit = '']) => total + Number(amount) * (UNIT_MS[unit] ?? 0), 0);
}

function crossed(metrics: Readonly<Record<string, SummaryMetric>>): string[] {
  return Object.entries(metrics)
    .filter(([, { thresholds = {} }]) => Object.values(thresholds).some(({ ok }) => !ok))
    .map(([name]) => name);
}
