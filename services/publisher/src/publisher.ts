import { createClient } from '@oncelog/client';
import { passThroughTracer, type Tracer } from '@oncelog/service-kit';
import type { PublisherConfig } from './config.ts';
import type { RunIdentity } from './generate/event.ts';
import { createPlan, type Plan } from './generate/plan.ts';
import type { PublisherMetrics } from './metrics.ts';
import type { Report } from './report/report.ts';
import type { Reporter } from './report/reporter.ts';
import { createRetryWatch } from './report/retry-watch.ts';
import { differences } from './report/verdict.ts';
import { createAccounting } from './run/accounting.ts';
import type { Clock } from './run/clock.ts';
import { createLatencies, type Latencies } from './run/latencies.ts';
import { type SendDeps, sendBatches } from './run/send.ts';
import { settle } from './run/settle.ts';

export interface PublisherDeps {
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Where somebody looks at them. */
  readonly metrics?: PublisherMetrics | undefined;
  /** Default: records nothing. */
  readonly tracer?: Tracer | undefined;
}

export interface RandomSource {
  /** For a run without SEED: a whole number from 0 to 2³² − 1. */
  readonly seed: () => number;
  /** For a run without RUN_ID. */
  readonly runId: () => string;
}

export interface Publisher {
  /**
   * Publishes all events, waits until they are accounted for, and compares the figures. A gateway that is away
   * is tried again until `signal` aborts.
   *
   * @throws {PublishRejectedError} the gateway refused a batch
   * @throws the reason of `signal`, as soon as it aborts
   */
  run(signal: AbortSignal): Promise<Report>;
}

/** A publisher of generated events. Each call of `run` is a run of its own. */
export function createPublisher(deps: PublisherDeps, config: PublisherConfig): Publisher {
  return {
    async run(signal) {
      const tally: Tally = { published: 0, retries: 0 };
      try {
        const report = await publishAndSettle(deps, config, { tally, signal });
        deps.reporter.finished(report);
        return report;
      } catch (error) {
        deps.reporter.stopped({ error, published: tally.published });
        throw error;
      }
    },
  };
}

interface Tally {
  published: number;
  retries: number;
}

async function publishAndSettle(
  deps: PublisherDeps,
  config: PublisherConfig,
  { tally, signal }: { tally: Tally; signal: AbortSignal },
): Promise<Report> {
  const { reporter, clock, metrics } = deps;
  const run = identify(deps, config);
  const plan = createPlan({ ...config, seed: run.seed });
  const parts = connect(deps, config);
  metrics?.plannedEvents.set(plan.total);
  reporter.started({ targetUrl: config.targetUrl, plan, seed: run.seed, runId: run.runId });

  const startedMs = clock.monotonicMs();
  await sendBatches(parts, {
    plan,
    run,
    concurrency: config.concurrency,
    delayMs: config.delayBetweenBatches * 1000,
    signal,
    onSent({ events, retries }) {
      tally.published += events;
      tally.retries += retries;
      metrics?.publishedEvents.inc(events);
      metrics?.retries.inc(retries);
      reporter.sent(tally.published);
    },
  });
  const timeoutMs = config.settleTimeout * 1000;
  await settle(parts, { timeoutMs, signal, onPoll: reporter.settling });
  const seconds = Math.round(clock.monotonicMs() - startedMs) / 1000;
  return { ...conclude(parts, plan, tally), seconds, ...run };
}

function identify({ clock, random }: PublisherDeps, config: PublisherConfig): RunIdentity {
  return {
    seed: config.seed ?? random.seed(),
    runId: config.runId ?? random.runId(),
    startTimeMs: config.startTimeMs ?? clock.now(),
  };
}

function connect(
  { reporter, clock, metrics, tracer = passThroughTracer }: PublisherDeps,
  config: PublisherConfig,
): SendDeps {
  const client = createClient({
    url: config.targetUrl,
    apiKey: config.apiKey,
    retry: { maxAttempts: Number.POSITIVE_INFINITY },
    onRetry: createRetryWatch(reporter.retrying, clock.monotonicMs),
    sleep: clock.sleep,
    now: clock.now,
    fetch: metrics?.fetch,
  });
  return { client, accounting: createAccounting(client), latencies: measuredBy(metrics), clock, tracer };
}

function measuredBy(metrics: PublisherMetrics | undefined): Latencies {
  const latencies = createLatencies();
  if (metrics === undefined) return latencies;
  const record = (ms: number): void => {
    latencies.record(ms);
    metrics.publishSeconds.observe(ms / 1_000);
  };
  return { ...latencies, record };
}

function conclude({ accounting, latencies }: SendDeps, expected: Plan, { published, retries }: Tally) {
  const totals = accounting.totals();
  const findings = {
    expected,
    published,
    totals,
    outstanding: accounting.outstanding(),
    repeatedIds: accounting.repeatedIds(),
  };
  return {
    ...totals,
    published,
    retries,
    latencyMs: latencies.summary(),
    differences: differences(findings),
  };
}
