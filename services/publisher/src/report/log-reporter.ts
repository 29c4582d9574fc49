import type { Logger } from '@oncelog/service-kit';
import { StoppedBySignal } from '../stopped-by-signal.ts';
import { eventsPerSecond } from './report.ts';
import type { Reporter } from './reporter.ts';

const PROGRESS_INTERVAL_MS = 1_000;

/** Reports as JSON lines, with progress once a second. */
export function createLogReporter(log: Logger, monotonicMs: () => number): Reporter {
  let shownMs = monotonicMs();
  const isDue = (): boolean => {
    const due = monotonicMs() - shownMs >= PROGRESS_INTERVAL_MS;
    if (due) shownMs += PROGRESS_INTERVAL_MS * Math.floor((monotonicMs() - shownMs) / PROGRESS_INTERVAL_MS);
    return due;
  };
  let total = 0;
  return {
    started({ plan, ...run }) {
      total = plan.total;
      const { unique, duplicates, batchCount: batches } = plan;
      log.info({ ...run, total, unique, duplicates, batches }, 'publishing');
    },
    sent(published) {
      if (isDue()) log.info({ published, total, percent: Math.floor((published / total) * 100) }, 'progress');
    },
    retrying: (trouble) => log.warn(trouble, 'requests are failing, retrying'),
    settling(outstanding) {
      if (isDue()) log.info({ outstanding }, 'waiting until all batches are applied');
    },
    finished(report) {
      const fields = { ...report, eventsPerSecond: eventsPerSecond(report) };
      if (report.differences.length === 0) log.info(fields, 'the figures are exact');
      else log.error(fields, 'the figures are not exact');
    },
    stopped({ error, published }) {
      const why = error instanceof StoppedBySignal ? { signal: error.signal } : { err: error };
      log.error({ ...why, published, total }, 'stopped before the end, nothing was checked');
    },
  };
}
