import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullJitterMs } from './backoff.ts';

const policy = { baseMs: 100, capMs: 10_000 };

test('the ceiling doubles, up to the cap', () => {
  const nearlyOne = 1 - Number.EPSILON;
  const ceilings = [1, 2, 3, 7, 8, 2_000].map((attempt) => fullJitterMs(attempt, policy, nearlyOne));

  expect(ceilings).toEqual([99, 199, 399, 6_399, 9_999, 9_999]);
});

test('a wait is a whole number of milliseconds from 0 to below the cap, whatever the attempt', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, random) => {
        const ms = fullJitterMs(attempt, policy, random);
        return Number.isInteger(ms) && ms >= 0 && ms < policy.capMs;
      },
    ),
  );
});
