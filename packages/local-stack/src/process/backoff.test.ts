import { expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

it('doubles from half a second and stops growing at ten seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 1000].map(backoffMs)).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000,
  ]);
});
