import { describe, expect, it } from 'vitest';
import { appendPoint, averages, axisEnd, emptySeries, stack, withoutFlat } from './rolling-series.ts';

const LIMITS = { keepSeconds: 10, gapSeconds: 3 };
const seriesOf = (...times: number[]) =>
  times.reduce((series, time) => appendPoint(series, { time, values: [time, 1] }, LIMITS), emptySeries(2));

describe('appendPoint', () => {
  it('keeps what is young enough', () => {
    const { times, rows } = seriesOf(0, 2, 4, 6, 8, 10, 12);
    expect(times).toEqual([2, 4, 6, 8, 10, 12]);
    expect(rows).toEqual([times, [1, 1, 1, 1, 1, 1]]);
  });

  it('marks a silence as a gap', () => {
    expect(seriesOf(1, 2, 6)).toEqual({
      times: [1, 2, 4, 6],
      rows: [
        [1, 2, null, 6],
        [1, 1, null, 1],
      ],
    });
  });

  it('begins anew after a long one', () => expect(seriesOf(1, 2, 60).times).toEqual([60]));

  it('takes nothing from a clock that went back', () => expect(seriesOf(5, 4, 5).times).toEqual([5]));
});

it('piles rows up, and keeps gaps', () => {
  expect(
    stack([
      [1, 2, null],
      [10, null, 20],
    ]),
  ).toEqual([
    [1, 2, null],
    [11, null, null],
  ]);
});

it('draws no line where a row adds nothing', () => {
  const rows = [
    [5, 5, 5, 5, 5],
    [0, 0, 0, 2, 0],
  ];
  expect(withoutFlat(stack(rows), rows)).toEqual([
    [5, 5, 5, 5, 5],
    [null, null, 5, 7, 5],
  ]);
});

describe('averages', () => {
  it('gives the newest step first and leaves out empty ones', () => {
    const series = seriesOf(1, 2, 3, 4, 5, 11);
    expect(averages(series, { stepSeconds: 5, steps: 4 })).toEqual([
      { from: 10, to: 15, values: [11, 1] },
      { from: 0, to: 5, values: [3, 1] },
    ]);
  });

  it('is empty where nothing is known', () => {
    expect(averages(emptySeries(1), { stepSeconds: 5, steps: 2 })).toEqual([]);
  });
});

it.each([
  [0, 10, 10],
  [11, 10, 12],
  [2_300, 10, 2_500],
  [9_100, 10, 10_000],
  [5_000, 10, 5_000],
])('ends the axis of %d, at least %d, at %d', (highest, least, end) => {
  expect(axisEnd(highest, least)).toBe(end);
});
