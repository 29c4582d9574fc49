import type { Clock } from '../run/clock.ts';

export interface ManualClock extends Clock {
  /** Every wait that was asked for, in milliseconds. */
  readonly waits: number[];
  advance(ms: number): void;
}

/** Time that moves only when something waits for it, and then at once. */
export function manualClock(): ManualClock {
  let elapsedMs = 0;
  const waits: number[] = [];
  return {
    waits,
    advance: (ms) => {
      elapsedMs += ms;
    },
    now: () => Date.UTC(2026, 0, 1) + elapsedMs,
    monotonicMs: () => elapsedMs,
    async sleep(ms, signal) {
      // A real turn of the event loop, so that whoever waits lets others go on.
      await new Promise(setImmediate);
      signal?.throwIfAborted();
      waits.push(ms);
      elapsedMs += ms;
    },
  };
}
