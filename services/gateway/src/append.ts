import {
  type Batch,
  StreamRefusedError,
  StreamUnavailableError,
  type StreamWriter,
} from '@oncelog/event-stream';
import { backoffMs, pause } from '@oncelog/service-kit';
import { Problem } from './problem.ts';

export interface AppendDeps {
  readonly stream: StreamWriter;
  readonly random: () => number;
}

/**
 * A new try starts only within this time, and the connection gives up on an answer after 3 s: whatever happens to
 * Redis, the client has its answer within 5 s.
 */
const RETRY_WITHIN_MS = 1_500;
const BACKOFF = { baseMs: 25, capMs: 250 };
const RETRY_AFTER_SECONDS = 1;
const BACKLOG_RETRY_AFTER_SECONDS = 5;

/**
 * Appends a batch; resolves when Redis has confirmed it. An append whose outcome is unknown is tried again: if both
 * took effect, the ledger counts the batch once.
 *
 * @throws {Problem} 503
 */
export async function appendBatch({ stream, random }: AppendDeps, batch: Batch): Promise<void> {
  const startedAt = performance.now();
  let unknownOutcome = false; // of one of the tries
  for (let tries = 1; ; tries += 1) {
    try {
      const { outcome } = await stream.append(batch);
      if (outcome === 'appended') return;
      throw unknownOutcome ? unknown() : backlogFull();
    } catch (error) {
      if (error instanceof StreamUnavailableError) unknownOutcome = true;
      const worthAnotherTry = performance.now() - startedAt < RETRY_WITHIN_MS && isPassing(error);
      if (!worthAnotherTry) throw asProblem(error, unknownOutcome);
      await pause(backoffMs(tries, BACKOFF, random()));
    }
  }
}

/** A connection that was lost, or a Redis that has just started. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof StreamUnavailableError ||
    (error instanceof StreamRefusedError && error.code === 'LOADING')
  );
}

function backlogFull(): Problem {
  return new Problem('backlog-full', {
    detail: 'The consumers are too far behind. Nothing of the request was kept: send it again later.',
    retryAfterSeconds: BACKLOG_RETRY_AFTER_SECONDS,
  });
}

function unknown(cause?: unknown): Problem {
  const detail =
    'The stream does not answer. Whether the request was kept is not known: send it again, with the same Idempotency-Key if it had one.';
  return new Problem('stream-unavailable', { detail, retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
}

/** Why Redis takes no writes, by the first word of its answer. */
const REFUSALS: Readonly<Record<string, string>> = {
  OOM: 'Redis is at its memory limit',
  MISCONF: 'Redis cannot write to its disk',
  READONLY: 'Redis is a read-only replica',
  LOADING: 'Redis is loading its data',
};

function asProblem(error: unknown, unknownOutcome: boolean): unknown {
  if (error instanceof Problem) return error;
  if (unknownOutcome) return unknown(error);
  if (!(error instanceof StreamRefusedError)) return error;
  const why = REFUSALS[error.code] ?? 'The stream takes no events now';
  const detail = `${why}. Nothing of the request was kept: send it again later.`;
  return new Problem('stream-unavailable', { detail, retryAfterSeconds: RETRY_AFTER_SECONDS, cause: error });
}
