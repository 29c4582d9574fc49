import { expect, test } from 'vitest';
import { SAMPLE_REPORT } from '../testing/sample-report.ts';
import { eventsPerSecond, resultLine, summary } from './report.ts';

test('the line for programs, its names in this order', () => {
  expect(resultLine(SAMPLE_REPORT)).toBe(
    '{"published":20000,"received":20000,"unique_processed":14000,"duplicate_dropped":6000,"seconds":0.8,' +
      '"events_per_second":25000,"dead_lettered":0,"exact":true,' +
      '"latency_ms":{"p50":2.5,"p90":4,"p99":9.25,"max":12},"retries":3,"seed":7,"run_id":"run-1",' +
      '"start_time_ms":1767225600000}',
  );
  expect(JSON.parse(resultLine({ ...SAMPLE_REPORT, differences: ['x'] })).exact).toBe(false);
});

test('a run that took no time has no rate', () => {
  expect(eventsPerSecond({ ...SAMPLE_REPORT, received: 0, seconds: 0 })).toBe(0);
});

test('the summary for a person', () => {
  expect(summary(SAMPLE_REPORT)).toBe(
    [
      '20,000 events accounted for in 0.8 s: 25,000 events/s',
      'unique 14,000, duplicates 6,000, dead letters 0',
      'latency of a batch in ms: p50 2.5, p90 4, p99 9.25, max 12',
      'retries 3, seed 7, run id run-1',
      'The figures are exact.',
    ].join('\n'),
  );
  expect(summary({ ...SAMPLE_REPORT, differences: ['received is 1, expected 2'] })).toMatch(
    /The figures are NOT exact:\n {2}received is 1, expected 2$/,
  );
});
