import {
  type Batch,
  StreamRefusedError,
  StreamUnavailableError,
  type StreamWriter,
} from '@oncelog/event-stream';
import { backoffMs, isSampled, pause, type Tracer } from '@oncelog/service-kit';
import type { GatewayMetrics } from './metrics.ts';
import { Problem } from './problem.ts';

export interface AppendDeps {
  readonly stream: StreamWriter;
  readonly metrics: Pick<GatewayMetrics, 'appendSeconds' | 'appendRetries'>;
  readonly random: () => number;
  readonly tracer: Tracer;
  /** What a client sent that the batch is made of, for what it is told. */
  readonly what?: 'request' | 'batch';
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
export async function appendBatch(deps: AppendDeps, batch: Batch): Promise<void> {
  if (!deps.tracer.exporting) return appendUntilKnown(deps, batch);
  const { traceparents = [] } = batch;
  // of several requests that were gathered it is part of the first one that is recorded, and linked to the others
  const parent = traceparents.find(isSampled) ?? traceparents[0];
  const links = traceparents.filter((traceparent) => traceparent !== parent);
  const attributes = {
    'messaging.system': 'redis',
    'messaging.operation.name': 'append',
    'messaging.operation.type': 'send',
    'messaging.message.id': batch.batchId,
    'messaging.message.body.size': batch.body.length,
    'oncelog.events': batch.events,
  };
  const span = deps.tracer.startSpan('append', { kind: 'producer', parent, links, attributes });
  const handedOn = span.traceparent === undefined ? links : [span.traceparent, ...links];
  try {
    await appendUntilKnown(deps, { ...batch, traceparents: handedOn });
    span.end();
  } catch (error) {
    span.end(error);
    throw error;
  }
}

async function appendUntilKnown(
  { stream, metrics, random, what = 'request' }: AppendDeps,
  batch: Batch,
): Promise<void> {
  const startedAt = performance.now();
  let unknownOutcome = false; // of one of the tries
  for (let tries = 1; ; tries += 1) {
    try {
      const { outcome } = await stream.append(batch);
      if (outcome === 'appended')
        return metrics.appendSeconds.observe((performance.now() - startedAt) / 1_000);
      throw unknownOutcome ? unknown(what) : backlogFull(what);
    } catch (error) {
      if (error instanceof StreamUnavailableError) unknownOutcome = true;
      const worthAnotherTry = performance.now() - startedAt < RETRY_WITHIN_MS && isPassing(error);
      if (!worthAnotherTry) throw asProblem(error, what, unknownOutcome);
      metrics.appendRetries.inc();
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

function backlogFull(what: string): Problem {
  return new Problem('backlog-full', {
    detail: `The consumers are too far behind. Nothing of the ${what} was kept: send it again later.`,
    retryAfterSeconds: BACKLOG_RETRY_AFTER_SECONDS,
  });
}

function unknown(what: string, cause?: unknown): Problem {
  const detail = `The stream does not answer. Whether the ${what} was kept is not known: send it again, with the same Idempotency-Key if it had one.`;
  return new Problem('stream-unavailable', { detail, retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
}

/** Why Redis takes no writes, by the first word of its answer. */
const REFUSALS: Readonly<Record<string, string>> = {
  OOM: 'Redis is at its memory limit',
  MISCONF: 'Redis cannot write to its disk',
  READONLY: 'Redis is a read-only replica',
  LOADING: 'Redis is loading its data',
};

function asProblem(error: unknown, what: string, unknownOutcome: boolean): unknown {
  if (error instanceof Problem) return error;
  if (unknownOutcome) return unknown(what, error);
  if (!(error instanceof StreamRefusedError)) return error;
  const why = REFUSALS[error.code] ?? 'The stream takes no events now';
  const detail = `${why}. Nothing of the ${what} was kept: send it again later.`;
  return new Problem('stream-unavailable', { detail, retryAfterSeconds: RETRY_AFTER_SECONDS, cause: error });
}
