import { expect, it } from 'vitest';
import { latencies, median, quantile, rounded, spread } from './statistics.ts';

it('takes the median in the middle, of an even number between the two', () => {
  expect(median([3])).toBe(3);
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

it('takes quantiles by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1);
  expect([0, 0.5, 0.99, 1].map((q) => quantile(hundred, q))).toEqual([1, 50, 99, 100]);
  expect(quantile([7], 0.99)).toBe(7);
  expect(() => quantile([], 0.5)).toThrow();
});

it('sorts latencies itself', () => {
  expect(latencies(Float64Array.of(10, 2, 1))).toEqual({ p50: 2, p99: 10, max: 10 });
});

it('gives the spread from the lowest to the highest, and rounds to digits', () => {
  expect(spread([2, 3, 1])).toEqual([1, 3]);
  expect([rounded(123_456), rounded(0.012345), rounded(0.7849, 2)]).toEqual([123_500, 0.01235, 0.78]);
});
