import { expect, test } from 'vitest';
import { manualClock } from '../testing/manual-clock.ts';
import { createPacer } from './pacer.ts';

const { signal } = new AbortController();

test('keeps starts apart, whoever starts', async () => {
  const clock = manualClock();
  const pace = createPacer(clock, 100);
  await Promise.all([pace(signal), pace(signal), pace(signal)]);

  expect(clock.waits).toEqual([100, 200]);
});

test('time that has passed by itself is not waited for again', async () => {
  const clock = manualClock();
  const pace = createPacer(clock, 100);
  await pace(signal);
  clock.advance(70);
  await pace(signal);
  clock.advance(500);
  await pace(signal);

  expect(clock.waits).toEqual([30]);
});

test('no interval, no wait', async () => {
  const clock = manualClock();
  const pace = createPacer(clock, 0);
  await pace(signal);
  await pace(signal);

  expect(clock.waits).toEqual([]);
});
