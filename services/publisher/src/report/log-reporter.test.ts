import { createLogger } from '@oncelog/service-kit';
import { expect, test } from 'vitest';
import { StoppedBySignal } from '../stopped-by-signal.ts';
import { capturedStream } from '../testing/captured-stream.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { SAMPLE_REPORT } from '../testing/sample-report.ts';
import { createLogReporter } from './log-reporter.ts';

const plan = { total: 1_000, unique: 700, duplicates: 300, batchCount: 10 };

function setup() {
  const stream = capturedStream();
  const clock = manualClock();
  const reporter = createLogReporter(createLogger('publisher', 'info', stream), clock.monotonicMs);
  const lines = () =>
    stream
      .text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { reporter, clock, lines };
}

test('progress once a second, however often it is told', () => {
  const { reporter, clock, lines } = setup();
  reporter.started({ targetUrl: 'http://gateway', plan, seed: 1, runId: 'r' });
  for (let published = 100; published <= 1_000; published += 100) {
    clock.advance(400);
    reporter.sent(published);
  }
  clock.advance(5_000);
  reporter.settling(3);
  reporter.settling(2);

  expect(lines()[0]).toMatchObject({
    msg: 'publishing',
    seed: 1,
    runId: 'r',
    total: 1_000,
    duplicates: 300,
    batches: 10,
  });
  expect(
    lines()
      .slice(1)
      .map(({ msg, percent, outstanding }) => [msg, percent ?? outstanding]),
  ).toEqual([
    ['progress', 30],
    ['progress', 50],
    ['progress', 80],
    ['progress', 100],
    ['waiting until all batches are applied', 3],
  ]);
});

test('trouble is a warning, a result that differs an error', () => {
  const { reporter, lines } = setup();
  reporter.retrying({ request: 'POST /publish', reason: 'ECONNREFUSED', failures: 2 });
  reporter.finished(SAMPLE_REPORT);
  reporter.finished({ ...SAMPLE_REPORT, differences: ['received is 1, expected 2'] });

  expect(lines()).toMatchObject([
    { level: 40, request: 'POST /publish', reason: 'ECONNREFUSED' },
    { level: 30, msg: 'the figures are exact', eventsPerSecond: 25_000 },
    { level: 50, msg: 'the figures are not exact', differences: ['received is 1, expected 2'] },
  ]);
});

test('a stop is told without a stack, an error with its own', () => {
  const { reporter, lines } = setup();
  reporter.stopped({ error: new StoppedBySignal('SIGTERM'), published: 10 });
  reporter.stopped({ error: new Error('refused'), published: 10 });

  expect(lines()).toMatchObject([
    { level: 50, signal: 'SIGTERM', published: 10 },
    { level: 50, err: { message: 'refused' }, published: 10 },
  ]);
  expect(lines()[0]).not.toHaveProperty('err');
});
