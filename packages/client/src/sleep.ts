import { onAbort } from './on-abort.ts';
import { MAX_TIMER_MS } from './time-limit.ts';

/**
 * Waits; rejects with the signal's reason as soon as it aborts.
 *
 * Plain timers instead of `node:timers/promises`, so that browsers can use this too.
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(
      () => {
        // The signal may outlive thousands of sleeps: a listener left behind would be a leak.
        forget?.();
        resolve();
      },
      Math.min(ms, MAX_TIMER_MS),
    );
    const forget =
      signal &&
      onAbort(signal, () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
  });
}
