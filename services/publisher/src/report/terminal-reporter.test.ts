import { expect, test } from 'vitest';
import { StoppedBySignal } from '../stopped-by-signal.ts';
import { capturedStream } from '../testing/captured-stream.ts';
import { SAMPLE_REPORT } from '../testing/sample-report.ts';
import { createTerminalReporter } from './terminal-reporter.ts';

const run = {
  targetUrl: 'http://gateway',
  plan: { total: 1_000, unique: 700, duplicates: 300, batchCount: 10 },
  seed: 7,
  runId: 'run-1',
};
const SHOWS_CURSOR = '\x1B[?25h';

test('a bar, then a summary', () => {
  const terminal = capturedStream({ isTTY: true });
  const reporter = createTerminalReporter(terminal);
  reporter.started(run);
  reporter.sent(500);
  reporter.retrying({ request: 'POST /publish', reason: 'ECONNREFUSED', failures: 1 });
  reporter.sent(1_000);
  reporter.settling(4);
  reporter.finished(SAMPLE_REPORT);

  expect(terminal.text()).toMatch(
    /^Publishing 1000 events, 300 of them duplicates, to http:\/\/gateway\nseed 7, run id run-1\n/,
  );
  expect(terminal.text()).toContain('100% | 1000/1000 events | done');
  expect(terminal.text()).toContain(SHOWS_CURSOR);
  expect(terminal.text()).toMatch(/The figures are exact\.\n$/);
});

test('a stop gives the terminal back', () => {
  const terminal = capturedStream({ isTTY: true });
  const reporter = createTerminalReporter(terminal);
  reporter.started(run);
  reporter.sent(500);
  reporter.stopped({ error: new StoppedBySignal('SIGINT'), published: 500 });

  expect(terminal.text().split(SHOWS_CURSOR)[1]).toContain(
    'stopped by SIGINT\nStopped after 500 events were accepted: nothing was checked.\n',
  );
});

test('an error before the start', () => {
  const terminal = capturedStream({ isTTY: true });
  createTerminalReporter(terminal).stopped({ error: 'Invalid URL', published: 0 });

  expect(terminal.text()).toBe('Invalid URL\nStopped after 0 events were accepted: nothing was checked.\n');
});
