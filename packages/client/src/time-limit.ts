import { onAbort } from './on-abort.ts';

/** Timers hold no more; a longer one would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

export interface TimeLimit {
  /** Aborts after the time, or with the outer signal and its reason. */
  readonly signal: AbortSignal;
  /** To be called when the work has ended: nothing is left on the outer signal, and no timer. */
  clear(): void;
}

/**
 * Like `AbortSignal.any` with `AbortSignal.timeout`, but with an end: a signal that outlives thousands of requests would
 * collect something of each of them on Node.js 20.
 */
export function timeLimit({
  timeoutMs,
  signal,
}: {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}): TimeLimit {
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal?.reason);
  const expire = (): void =>
    controller.abort(new DOMException(`no answer within ${timeoutMs} ms: timeout`, 'TimeoutError'));
  const timer = timeoutMs <= MAX_TIMER_MS ? setTimeout(expire, timeoutMs) : undefined;
  if (signal?.aborted) stop();
  const forget = signal?.aborted === false ? onAbort(signal, stop) : undefined;
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      forget?.();
    },
  };
}
