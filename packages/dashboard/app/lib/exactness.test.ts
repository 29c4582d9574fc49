import { expect, it } from 'vitest';
import { judge } from './exactness.ts';

const figures = (accepted: number, received: number, inFlight: number) => ({
  accepted,
  received,
  dead_lettered: 1,
  in_flight: inFlight,
});

it('is exact where both sides are equal', () => {
  expect(judge(undefined, figures(10, 7, 2), 0)).toMatchObject({ state: 'exact', difference: 0, waiting: 2 });
  expect(judge(undefined, figures(10, 9, 0), 0)).toMatchObject({ state: 'exact', difference: 0, waiting: 0 });
});

it('is exact where what is applied is not acknowledged yet', () => {
  expect(judge(undefined, figures(10, 8, 3), 0)).toMatchObject({ state: 'exact', difference: 2, waiting: 1 });
  expect(judge(undefined, figures(10, 9, 3), 0)).toMatchObject({ state: 'exact', difference: 3, waiting: 0 });
});

it.each([
  ['more is applied than was accepted', 10, 1],
  ['some are nowhere', 6, 1],
])('moves while the figures do, though %s', (_, received, inFlight) => {
  let now = judge(undefined, figures(10, received, inFlight), 0);
  for (let second = 1; second <= 30; second += 1) {
    now = judge(now, figures(10 + second, received + second, inFlight), second * 1_000);
  }
  expect(now.state).toBe('moving');
});

it('is off when it does not hold and nothing has moved for ten seconds, and exact again when it does', () => {
  const first = judge(undefined, figures(10, 7, 0), 0);
  const later = judge(first, figures(10, 7, 0), 9_999);
  const settled = judge(later, figures(10, 7, 0), 10_000);
  expect([first.state, later.state, settled.state]).toEqual(['moving', 'moving', 'off']);
  expect(settled.difference).toBe(-2);
  expect(judge(settled, figures(10, 9, 0), 11_000).state).toBe('exact');
});
