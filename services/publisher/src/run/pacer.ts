import type { Clock } from './clock.ts';

/** Resolves when the next batch may start. */
export type Pacer = (signal: AbortSignal) => Promise<void>;

/** Keeps the starts of any two batches apart, whichever connections they go out on. */
export function createPacer({ monotonicMs, sleep }: Clock, intervalMs: number): Pacer {
  let nextStartMs = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    const nowMs = monotonicMs();
    const startMs = Math.max(nowMs, nextStartMs);
    nextStartMs = startMs + intervalMs;
    if (startMs > nowMs) await sleep(startMs - nowMs, signal);
  };
}
