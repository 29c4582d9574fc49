import type { Report } from '../report/report.ts';

/** The report of an exact run. */
export const SAMPLE_REPORT: Report = {
  published: 20_000,
  received: 20_000,
  uniqueProcessed: 14_000,
  duplicateDropped: 6_000,
  deadLettered: 0,
  differences: [],
  seconds: 0.8,
  latencyMs: { p50: 2.5, p90: 4, p99: 9.25, max: 12 },
  retries: 3,
  seed: 7,
  runId: 'run-1',
  startTimeMs: 1_767_225_600_000,
};
