import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { backoffMs, pause } from './backoff.ts';

it('doubles from the base to the cap, with jitter in the upper half', () => {
  const bounds = { baseMs: 100, capMs: 1_000 };
  expect([1, 2, 3, 4, 5, 500].map((attempt) => backoffMs(attempt, bounds, 0))).toEqual([
    50, 100, 200, 400, 500, 500,
  ]);
  expect([1, 2, 5].map((attempt) => backoffMs(attempt, bounds, 0.999_999))).toEqual([100, 200, 1_000]);
});

it('leaves no listener behind on the signal', async () => {
  const { signal } = new AbortController();
  for (let i = 0; i < 20; i += 1) await pause(1, signal);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

it('pauses until the signal aborts', async () => {
  const stop = new AbortController();
  const paused = pause(3_600_000, stop.signal);
  stop.abort();
  await paused;
  await pause(3_600_000, stop.signal);
});
