import { expect, it } from 'vitest';
import { createBodyBudget, shareOf } from './body-budget.ts';

it('leaves half of all, and half of each share, to other clients', () => {
  const inFlightBodies = { bytes: 0 };
  const metrics = { inFlightBodies } as Parameters<typeof createBodyBudget>[0]['metrics'];
  const budget = createBodyBudget({ metrics }, { maxInFlightBytes: 100 });
  const uploads = shareOf(budget, 40);

  uploads.reserve(30, 'a'); // who has nothing yet may have more than half: bodies are large
  expect(() => uploads.reserve(1, 'a')).toThrow(/too many bodies/);
  budget.reserve(20, 'a');
  expect(() => budget.reserve(1, 'a')).toThrow(/too many bodies/);
  uploads.reserve(10, 'b');
  expect(() => uploads.reserve(1, 'c')).toThrow(/too many bodies/);
  budget.reserve(40, 'c');
  expect(() => budget.reserve(1, 'd')).toThrow(/too many bodies/);
  expect(inFlightBodies.bytes).toBe(100);

  uploads.release(30, 'a');
  uploads.reserve(10, 'a');
  uploads.release(10, 'a');
  uploads.release(10, 'b');
  budget.release(20, 'a');
  budget.release(40, 'c');
  expect(inFlightBodies.bytes).toBe(0);
  budget.reserve(100, 'a');
});
