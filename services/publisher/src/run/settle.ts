import type { Accounting } from './accounting.ts';
import type { Clock } from './clock.ts';

export interface SettleInput {
  /** Without any new receipt for this long, the wait is over. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onPoll: (outstanding: number) => void;
}

/** Short beside a run, long beside a query: the consumers need the processor. */
const POLL_MS = 20;
const MAX_POLL_MS = 500;

/**
 * Waits until every batch has its receipt, or until nothing has moved for too long.
 *
 * @throws the reason of `signal`, as soon as it aborts
 */
export async function settle(
  { accounting, clock }: { accounting: Accounting; clock: Clock },
  { timeoutMs, signal, onPoll }: SettleInput,
): Promise<'settled' | 'timed-out'> {
  let movedAt = clock.monotonicMs();
  let pollMs = POLL_MS;
  while (accounting.outstanding() > 0) {
    const leftMs = movedAt + timeoutMs - clock.monotonicMs();
    if (leftMs <= 0) return 'timed-out';
    const { asked, applied } = await sweepWithin(accounting, { leftMs, signal });
    if (applied > 0) {
      movedAt = clock.monotonicMs();
      pollMs = POLL_MS;
    }
    onPoll(accounting.outstanding());
    if (applied === asked) continue;
    await clock.sleep(pollMs, signal);
    pollMs = Math.min(MAX_POLL_MS, pollMs * 1.5);
  }
  return 'settled';
}

/** A gateway that is away is retried by the client, here for no longer than there is time: then nothing moved. */
async function sweepWithin(
  accounting: Accounting,
  { leftMs, signal }: { leftMs: number; signal: AbortSignal },
) {
  const deadline = AbortSignal.timeout(Math.ceil(leftMs));
  try {
    return await accounting.sweep(AbortSignal.any([signal, deadline]));
  } catch (error) {
    if (signal.aborted || !deadline.aborted) throw error;
    return { asked: 1, applied: 0 };
  }
}
