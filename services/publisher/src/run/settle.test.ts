import { expect, test } from 'vitest';
import { manualClock } from '../testing/manual-clock.ts';
import type { Accounting, Sweep } from './accounting.ts';
import { settle } from './settle.ts';

/** An accounting whose sweeps come to what is given, in turn. */
function sweeping(outstanding: number, ...sweeps: (() => Sweep | Promise<Sweep>)[]) {
  let left = outstanding;
  const accounting: Pick<Accounting, 'outstanding' | 'sweep'> = {
    outstanding: () => left,
    async sweep() {
      const result = await (sweeps.length > 1 ? sweeps.shift() : sweeps[0])?.();
      left -= result?.applied ?? 0;
      return result as Sweep;
    },
  };
  return accounting as Accounting;
}

const applies =
  (applied: number, asked = 100) =>
  () => ({ asked, applied });

function input(timeoutMs = 1_000) {
  const polls: number[] = [];
  const controller = new AbortController();
  const onPoll = (outstanding: number) => polls.push(outstanding);
  return { timeoutMs, signal: controller.signal, onPoll, polls, controller };
}

test('nothing to wait for', async () => {
  expect(await settle({ accounting: sweeping(0), clock: manualClock() }, input())).toBe('settled');
});

test('goes on at once while everything that it asks for is applied', async () => {
  const clock = manualClock();
  const options = input();

  expect(await settle({ accounting: sweeping(200, applies(100)), clock }, options)).toBe('settled');
  expect(clock.waits).toEqual([]);
  expect(options.polls).toEqual([100, 0]);
});

test('otherwise waits longer and longer, until something moves', async () => {
  const clock = manualClock();
  const accounting = sweeping(100, applies(0), applies(0), applies(40), applies(0), applies(60, 60));

  expect(await settle({ accounting, clock }, input())).toBe('settled');
  expect(clock.waits).toEqual([20, 30, 20, 30]);
});

test('the time runs only while nothing moves', async () => {
  const clock = manualClock();
  const slow = () => {
    clock.advance(900);
    return { asked: 1, applied: 1 };
  };

  expect(await settle({ accounting: sweeping(5, slow), clock }, input(1_000))).toBe('settled');
  expect(await settle({ accounting: sweeping(5, applies(0)), clock }, input(1_000))).toBe('timed-out');
});

test('a sweep that is cut off by the deadline is one in which nothing moved', async () => {
  const clock = manualClock();
  let deadline: AbortSignal | undefined;
  const accounting: Accounting = {
    ...sweeping(1),
    sweep: (signal) => {
      deadline = signal;
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          clock.advance(50);
          reject(signal.reason);
        });
      });
    },
  };

  expect(await settle({ accounting, clock }, input(50))).toBe('timed-out');
  expect(deadline?.aborted).toBe(true);
});

test('a sweep that fails for good, or a stop, ends the wait', async () => {
  const clock = manualClock();
  const refused = () => Promise.reject(new Error('refused'));
  await expect(settle({ accounting: sweeping(1, refused), clock }, input())).rejects.toThrow('refused');

  const { controller, ...options } = input();
  const stops = () => {
    controller.abort(new Error('stopped'));
    return { asked: 1, applied: 0 };
  };
  await expect(settle({ accounting: sweeping(1, stops), clock }, options)).rejects.toThrow('stopped');
});
