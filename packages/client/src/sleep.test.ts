import { expect, test } from 'vitest';
import { sleep } from './sleep.ts';

const reason = new Error('stopped');

test('waits, and leaves nothing on the signal', async () => {
  const signal = new AbortController().signal;
  const listeners = { added: 0, removed: 0 };
  signal.addEventListener = () => listeners.added++;
  signal.removeEventListener = () => listeners.removed++;
  await sleep(1, signal);
  await sleep(1);

  expect(listeners).toEqual({ added: 1, removed: 1 });
});

test('is not begun when the signal has aborted', async () => {
  await expect(sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('ends when the signal aborts, even where a timer could not be that long', async () => {
  const controller = new AbortController();
  const waiting = sleep(Number.POSITIVE_INFINITY, controller.signal);
  setTimeout(() => controller.abort(reason), 5);

  await expect(waiting).rejects.toBe(reason);
});
