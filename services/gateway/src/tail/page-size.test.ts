import { DatabaseDeadlineError } from '@oncelog/event-store';
import { expect, it } from 'vitest';
import { createPageSize } from './page-size.ts';

it('asks for less after it took too long, for one at least, and for more again when it works', () => {
  const size = createPageSize(100);
  expect(size.isTooMuch(new Error('away'))).toBe(false);
  expect(size.events).toBe(100);
  expect(size.isTooMuch(Object.assign(new Error('canceled'), { code: '57014' }))).toBe(true);
  expect(size.events).toBe(25);
  for (let i = 0; i < 5; i += 1) expect(size.isTooMuch(new DatabaseDeadlineError(1))).toBe(true);
  expect(size.events).toBe(1);
  size.grow();
  expect(size.events).toBe(2);
  for (let i = 0; i < 9; i += 1) size.grow();
  expect(size.events).toBe(100);
});
