import { parentPort, workerData } from 'node:worker_threads';
import { nowMs } from '../workers/serve.ts';

/** A request is due. */
export interface Tick {
  readonly number: number;
  /** By the clock that all threads share. */
  readonly dueAtMs: number;
}

export interface PacerInput {
  readonly perSecond: number;
  readonly ticks: number;
}

/**
 * Says when each request is due. A thread of its own, because timers of the event loop are up to a millisecond late,
 * which is more than some of the latencies measured, and waiting in a loop would take the CPU of what is measured.
 */
const { perSecond, ticks } = workerData as PacerInput;
const cell = new Int32Array(new SharedArrayBuffer(4));
const startMs = nowMs();
for (let number = 0; number < ticks; number += 1) {
  const tick: Tick = { number, dueAtMs: startMs + (number * 1_000) / perSecond };
  const waitMs = tick.dueAtMs - nowMs();
  if (waitMs > 0) Atomics.wait(cell, 0, 0, waitMs);
  parentPort?.postMessage(tick);
}
