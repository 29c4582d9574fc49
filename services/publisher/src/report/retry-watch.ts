import type { RetryNotice } from '@oncelog/client';
import type { Trouble } from './reporter.ts';

const INTERVAL_MS = 5_000;

/** Turns any number of failed attempts into one report every five seconds at most; the first one comes at once. */
export function createRetryWatch(
  report: (trouble: Trouble) => void,
  monotonicMs: () => number,
): (notice: RetryNotice) => void {
  let reportedMs = Number.NEGATIVE_INFINITY;
  let failures = 0;
  return ({ request, cause }) => {
    failures++;
    if (monotonicMs() - reportedMs < INTERVAL_MS) return;
    report({ request, reason: cause.message, failures });
    reportedMs = monotonicMs();
    failures = 0;
  };
}
