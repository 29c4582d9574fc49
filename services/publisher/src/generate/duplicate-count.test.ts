import fc from 'fast-check';
import { expect, test } from 'vitest';
import { duplicateCount } from './duplicate-count.ts';

test.each([
  [20_000, 0.3, 6_000],
  [100, 0.29, 29],
  [100, 0.57, 57],
  [1_000, 0.001, 1],
  [10, 0.35, 3],
  [3, 0.999999999999, 2],
  [1, 0.999999999999, 0],
  [10_000_000, 1e-7, 1],
  [9_999_999, 1e-7, 0],
  [100_000_000, 0.07, 7_000_000],
  [5, 0, 0],
  [0, 0.3, 0],
])('%i × %d', (total, rate, expected) => {
  expect(duplicateCount(total, rate)).toBe(expected);
});

test('is the floor of the product in decimals, and leaves at least one unique event', () => {
  const rate = fc
    .integer({ min: 0, max: 9 })
    .chain((digits) => fc.tuple(fc.constant(digits), fc.nat(10 ** digits - 1)));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000_000 }), rate, (total, [digits, numerator]) => {
      const text = digits === 0 ? '0' : `0.${String(numerator).padStart(digits, '0')}`;
      const count = duplicateCount(total, Number(text));
      expect(BigInt(count)).toBe((BigInt(total) * BigInt(numerator)) / 10n ** BigInt(digits));
      expect(count).toBeLessThan(total);
    }),
  );
});
