import { expect, test } from 'vitest';
import { manualClock } from '../testing/manual-clock.ts';
import type { Trouble } from './reporter.ts';
import { createRetryWatch } from './retry-watch.ts';

test('the first failure at once, then at most one report every five seconds', () => {
  const clock = manualClock();
  const reports: Trouble[] = [];
  const watch = createRetryWatch((trouble) => reports.push(trouble), clock.monotonicMs);
  for (let failure = 0; failure < 100; failure++) {
    watch({ request: 'POST /publish', attempt: failure, delayMs: 1, cause: new Error('ECONNREFUSED') });
    clock.advance(100);
  }

  expect(reports.map(({ failures }) => failures)).toEqual([1, 50]);
  expect(reports[0]).toEqual({ request: 'POST /publish', reason: 'ECONNREFUSED', failures: 1 });
});
