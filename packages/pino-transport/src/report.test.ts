import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createReport } from './report.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setup() {
  const told: string[] = [];
  const report = createReport({
    write: (text) => told.push(text),
    periodMs: 1_000,
    monotonicMs: () => Date.now(),
  });
  return {
    report,
    told: () => told.splice(0).map((text) => text.replace('@oncelog/pino-transport: ', '').trim()),
  };
}

test('the first loss is told at once, the others of a period together, and then there is quiet', () => {
  const { report, told } = setup();
  report.lost('full');
  expect(told()).toEqual(['1 log line lost: full']);
  for (let n = 0; n < 5; n++) report.lost('full');
  report.lost('refused');
  expect(told()).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(told()).toEqual(['5 log lines lost: full', '1 log line lost: refused']);
  vi.advanceTimersByTime(10_000);
  expect(told()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  report.lost('full');
  expect(told()).toEqual(['1 log line lost: full']);
});

test('the end tells the rest', () => {
  const { report, told } = setup();
  report.lost('full');
  report.lost('full');
  told();
  report.end();
  report.end();

  expect(told()).toEqual(['1 log line lost: full']);
});

test('reasons of any number do not fill the memory', () => {
  const { report, told } = setup();
  for (let n = 0; n < 100; n++) report.lost(`reason ${n}`);
  told();
  report.end();

  const lines = told();
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe('79 log lines lost: other reasons');
});

test('that lines wait is told once a period', () => {
  const { report, told } = setup();
  report.delayed(1, 'away');
  report.delayed(2, 'away');
  vi.advanceTimersByTime(1_000);
  report.delayed(3, 'away');

  expect(told()).toEqual([
    'waiting to be delivered, 1 log line: away',
    'waiting to be delivered, 3 log lines: away',
  ]);
});
