import { expect, it } from 'vitest';
import type { Measure, MeasureResult } from '../measure.ts';
import type { MeasureId } from '../measure-ids.ts';
import { jsonReport } from './json.ts';
import { tableLines } from './table.ts';

function taken(id: MeasureId, result: Partial<MeasureResult>) {
  const measure: Measure = { id, what: `what ${id} measures`, target: '≥ 0.8', run: () => Promise.reject() };
  return { measure, result: { unit: 'ms', value: 1, exact: true, problems: [], runs: [], ...result } };
}

const one = taken('B1', {
  unit: 'events/s',
  value: 78_000,
  limit: 110_000,
  ratio: 0.709,
  spread: [77_000, 79_000],
  met: false,
});

it('has a row for a figure, and one for each part of a figure with parts', () => {
  const parts = taken('B4', { value: { p50: 1.5, p99: 9 }, ratio: { p50: 2, p99: 3 }, met: true });
  expect(tableLines([one, parts], { quick: false }).map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
    ' | measure | value | spread | limit | ratio | target',
    'B1 | what B1 measures | 78,000 events/s | 77,000–79,000 | 110,000 | 0.709 | ≥ 0.8 | exact, missed',
    'B4 | what B4 measures | ≥ 0.8 | exact, met',
    ' | p50 | 1.5 ms | 2',
    ' | p99 | 9 ms | 3',
  ]);
});

it('shows the ratio of each part and the worst of them', () => {
  const lines = tableLines(
    [taken('B7', { value: { topic: 2, source: 3 }, ratio: 1.5, ratios: { topic: 1.5, source: 1 } })],
    { quick: false },
  );
  expect(lines[1]).toMatch(/B7 .* 1\.5 /);
  expect(lines.slice(2).map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['topic', '2 ms', '1.5'],
    ['source', '3 ms', '1'],
  ]);
});

it('says FAILED of a measure that was not exact, and why, and nothing of targets in quick runs', () => {
  const failed = taken('B2', { value: null, exact: false, problems: ['received: 9, not 10'], met: true });
  const lines = tableLines([one, failed], { quick: true });
  expect(lines[1]).toMatch(/exact$/);
  expect(lines[2]).toMatch(/ – .*FAILED$/);
  expect(lines.at(-1)).toBe('B2: received: 9, not 10');
});

it('writes an object of measures as JSON', () => {
  expect(JSON.parse(jsonReport([one]))).toEqual({
    B1: {
      what: 'what B1 measures',
      target: '≥ 0.8',
      unit: 'events/s',
      value: 78_000,
      limit: 110_000,
      ratio: 0.709,
      spread: [77_000, 79_000],
      met: false,
      exact: true,
      problems: [],
      runs: [],
    },
  });
});
