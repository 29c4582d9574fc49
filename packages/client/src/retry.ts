import { type AttemptDeps, type AttemptOutcome, attempt, type PreparedRequest } from './attempt.ts';
import { type Backoff, fullJitterMs } from './backoff.ts';
import { RetriesExhaustedError } from './errors.ts';

export interface RetryPolicy extends Backoff {
  /** Attempts in all, from 1; `Infinity` goes on until the signal aborts. */
  readonly maxAttempts: number;
  /** The longest wait that a Retry-After header may ask for, in milliseconds. */
  readonly maxRetryAfterMs: number;
}

/** An attempt failed, and another one follows. */
export interface RetryNotice {
  /** Which request: `POST /publish`. */
  readonly request: string;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly cause: Error;
}

export interface RetryDeps extends AttemptDeps {
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly onRetry: (notice: RetryNotice) => void;
}

export interface RetryLimits {
  readonly policy: RetryPolicy;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Told what each failed attempt met, also the last one. */
  readonly onFailure?: ((cause: Error) => void) | undefined;
}

/** An outcome that is final, and how many attempts it took. */
export type FinalOutcome<T> = Exclude<AttemptOutcome<T>, { outcome: 'failed' }> & {
  readonly attempts: number;
};

/**
 * Sends one request until its outcome is final.
 *
 * @throws {RetriesExhaustedError} after the policy's last attempt
 * @throws the reason of `signal`, as soon as it aborts
 */
export async function sendUntilFinal<T>(
  deps: RetryDeps,
  request: PreparedRequest<T>,
  { policy, timeoutMs, signal, onFailure }: RetryLimits,
): Promise<FinalOutcome<T>> {
  for (let attempts = 1; ; attempts++) {
    signal?.throwIfAborted();
    const result = await attempt(deps, request, { timeoutMs, signal });
    if (result.outcome !== 'failed') return { ...result, attempts };
    const { cause } = result;
    onFailure?.(cause);
    if (attempts >= policy.maxAttempts) throw new RetriesExhaustedError(request.label, { attempts, cause });
    // On top of what the gateway asks for, not instead of it: jitter keeps its clients apart.
    const askedMs = Math.min(result.retryAfterMs, policy.maxRetryAfterMs);
    const delayMs = askedMs + fullJitterMs(attempts, policy, deps.random());
    deps.onRetry({ request: request.label, attempt: attempts, delayMs, cause });
    await deps.sleep(delayMs, signal);
  }
}
