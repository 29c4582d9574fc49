import { expect, test } from 'vitest';
import { createLatencies } from './latencies.ts';

test('percentiles to three digits', () => {
  const latencies = createLatencies();
  for (let ms = 1; ms <= 1_000; ms++) latencies.record(ms);
  const { p50, p90, p99, max } = latencies.summary();

  expect(p50).toBeCloseTo(500, -1);
  expect(p90).toBeCloseTo(900, -1);
  expect(p99).toBeCloseTo(990, -1);
  expect(max).toBeCloseTo(1_000, -1);
});

test('nothing measured', () => {
  expect(createLatencies().summary()).toEqual({ p50: 0, p90: 0, p99: 0, max: 0 });
});

test('what is too short or too long for the histogram counts as its shortest or longest', () => {
  const latencies = createLatencies();
  latencies.record(0);
  latencies.record(7_200_000);

  expect(latencies.summary().p50).toBe(0.001);
  expect(latencies.summary().max).toBeCloseTo(3_600_000, -4);
});
