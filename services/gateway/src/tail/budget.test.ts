import { expect, it } from 'vitest';
import { createBudget } from './budget.ts';

it('fills up with time, to a limit, and rests', () => {
  let now = 0;
  const budget = createBudget(() => now, { perSecond: 100, burst: 500, restMs: 2_000 });
  const leftAfter = (ms: number) => {
    now += ms;
    budget.refill();
    return budget.left;
  };
  expect(leftAfter(10_000)).toBe(500);
  budget.spend(600);
  expect(leftAfter(0)).toBe(-100);
  expect(leftAfter(1_500)).toBe(50);
  budget.rest();
  expect(leftAfter(2_000)).toBe(0);
  expect(leftAfter(60_000)).toBe(500);
});
