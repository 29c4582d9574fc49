import type { LatencySummary } from '../run/latencies.ts';

/** The result of a run that came to its end. */
export interface Report {
  readonly published: number;
  readonly received: number;
  readonly uniqueProcessed: number;
  readonly duplicateDropped: number;
  readonly deadLettered: number;
  /** Why the run is not exact; empty where it is. */
  readonly differences: readonly string[];
  /** From the first request until all was accounted for. */
  readonly seconds: number;
  /** Of publishing a batch, its retries included. */
  readonly latencyMs: LatencySummary;
  /** Attempts to publish a batch beyond its first. */
  readonly retries: number;
  readonly seed: number;
  readonly runId: string;
  readonly startTimeMs: number;
}

export function eventsPerSecond({ received, seconds }: Report): number {
  return seconds === 0 ? 0 : Math.round(received / seconds);
}

/** The last line on standard output. Programs read it: names are added, never changed. */
export function resultLine(report: Report): string {
  return JSON.stringify({
    published: report.published,
    received: report.received,
    unique_processed: report.uniqueProcessed,
    duplicate_dropped: report.duplicateDropped,
    seconds: report.seconds,
    events_per_second: eventsPerSecond(report),
    dead_lettered: report.deadLettered,
    exact: report.differences.length === 0,
    latency_ms: report.latencyMs,
    retries: report.retries,
    seed: report.seed,
    run_id: report.runId,
    start_time_ms: report.startTimeMs,
  });
}

/** The result for a person. */
export function summary(report: Report): string {
  const { latencyMs: latency } = report;
  const number = (value: number): string => value.toLocaleString('en-US');
  const lines = [
    `${number(report.received)} events accounted for in ${report.seconds} s: ${number(eventsPerSecond(report))} events/s`,
    `unique ${number(report.uniqueProcessed)}, duplicates ${number(report.duplicateDropped)}, dead letters ${number(report.deadLettered)}`,
    `latency of a batch in ms: p50 ${latency.p50}, p90 ${latency.p90}, p99 ${latency.p99}, max ${latency.max}`,
    `retries ${number(report.retries)}, seed ${report.seed}, run id ${report.runId}`,
  ];
  if (report.differences.length === 0) return [...lines, 'The figures are exact.'].join('\n');
  return [...lines, 'The figures are NOT exact:', ...report.differences.map((line) => `  ${line}`)].join(
    '\n',
  );
}
