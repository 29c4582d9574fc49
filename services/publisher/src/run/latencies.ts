import { createHistogram } from 'node:perf_hooks';

/** In milliseconds; all 0 where nothing was measured. */
export interface LatencySummary {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface Latencies {
  record(ms: number): void;
  summary(): LatencySummary;
}

const HOUR_US = 3_600_000_000;

/**
 * Latencies from a microsecond to an hour, to three significant digits, in memory that does not grow.
 * `createHistogram` is HdrHistogram, as it comes with Node.js.
 */
export function createLatencies(): Latencies {
  const histogram = createHistogram({ lowest: 1, highest: HOUR_US, figures: 3 });
  const inMs = (us: number): number => (histogram.count === 0 ? 0 : us / 1000);
  return {
    record: (ms) => histogram.record(Math.min(HOUR_US, Math.max(1, Math.round(ms * 1000)))),
    summary: () => ({
      p50: inMs(histogram.percentile(50)),
      p90: inMs(histogram.percentile(90)),
      p99: inMs(histogram.percentile(99)),
      max: inMs(histogram.max),
    }),
  };
}
