import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chance, hundredths, integer, pick, randomAt, several } from './random.ts';

const seeds = fc.nat(2 ** 32 - 1);

test('every draw stays within its bounds', () => {
  fc.assert(
    fc.property(
      seeds,
      fc.nat(),
      fc.integer({ min: -1_000, max: 0 }),
      fc.nat(1_000),
      (seed, index, from, to) => {
        const random = randomAt(seed, index);
        const whole = integer(random, from, to);
        const amount = hundredths(random, from, to);
        expect(whole).toSatisfy(Number.isInteger);
        expect(Math.min(whole, amount)).toBeGreaterThanOrEqual(from);
        expect(Math.max(whole, amount)).toBeLessThanOrEqual(to);
        expect(amount.toFixed(2)).toBe(
          String(Number(amount)).includes('.') ? amount.toFixed(2) : `${amount}.00`,
        );
        expect(['a', 'b']).toContain(pick(random, ['a', 'b']));
        expect(several(random, [1, 3], () => 'x').length).toBeOneOf([1, 2, 3]);
      },
    ),
  );
});

test('the same seed and index give the same sequence, and no other does', () => {
  const sequence = (seed: number, index: number) => {
    const random = randomAt(seed, index);
    return Array.from({ length: 4 }, () => integer(random, 0, 1_000_000)).join();
  };

  expect(sequence(1, 2)).toBe(sequence(1, 2));
  const grid = Array.from({ length: 10_000 }, (_, n) => sequence(n % 100, Math.floor(n / 100)));
  expect(new Set(grid).size).toBe(grid.length);
});

test('a chance of so many percent comes about as often', () => {
  const hits = Array.from({ length: 10_000 }, (_, index) => chance(randomAt(7, index), 30)).filter(
    Boolean,
  ).length;

  expect(hits).toBeGreaterThan(2_800);
  expect(hits).toBeLessThan(3_200);
  expect(chance(randomAt(7, 0), 0)).toBe(false);
  expect(chance(randomAt(7, 0), 100)).toBe(true);
});
