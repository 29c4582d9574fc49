import type { Client } from '@oncelog/client';
import type { Tracer } from '@oncelog/service-kit';
import { eventAt, type RunIdentity } from '../generate/event.ts';
import { indicesOfBatch, type Plan } from '../generate/plan.ts';
import type { Accounting } from './accounting.ts';
import type { Clock } from './clock.ts';
import type { Latencies } from './latencies.ts';
import { createPacer, type Pacer } from './pacer.ts';

export interface SendDeps {
  readonly client: Pick<Client, 'publishBatch'>;
  readonly accounting: Accounting;
  readonly latencies: Latencies;
  readonly clock: Clock;
  readonly tracer: Tracer;
}

export interface SendInput {
  readonly plan: Plan;
  readonly run: RunIdentity;
  readonly concurrency: number;
  readonly delayMs: number;
  readonly signal: AbortSignal;
  /** A batch was accepted. */
  readonly onSent: (batch: { events: number; retries: number }) => void;
}

/** Receipts are asked for while sending, once this many are missing: a run of any length keeps few ids. */
const SWEEP_ABOVE = 1_000;

/**
 * Publishes every batch of the plan, `concurrency` at a time. Each batch has a key of its own, made from the run
 * and its number: whatever is retried counts once.
 *
 * @throws the first batch's error that is final; the others in flight are aborted
 * @throws the reason of `signal`, as soon as it aborts
 */
export async function sendBatches(deps: SendDeps, input: SendInput): Promise<void> {
  const failure = new AbortController();
  const signal = AbortSignal.any([input.signal, failure.signal]);
  let next = 0;
  const pace = createPacer(deps.clock, input.delayMs);
  const worker = async (): Promise<void> => {
    while (next < input.plan.batchCount) await sendBatch(deps, { ...input, signal, pace }, next++);
  };
  const workers = Array.from({ length: input.concurrency }, () =>
    worker().catch((error) => failure.abort(error)),
  );
  await Promise.all(workers);
  signal.throwIfAborted();
}

async function sendBatch(
  { client, accounting, latencies, clock, tracer }: SendDeps,
  { plan, run, signal, pace, onSent }: SendInput & { pace: Pacer },
  number: number,
): Promise<void> {
  await pace(signal);
  const events = Array.from(indicesOfBatch(plan, number), (index) => eventAt(run, index));
  const startedMs = clock.monotonicMs();
  const { batchId, attempts } = await traced(tracer, events.length, (traceparent) =>
    client.publishBatch(events, { idempotencyKey: `${run.runId}-batch-${number}`, traceparent, signal }),
  );
  latencies.record(clock.monotonicMs() - startedMs);
  accounting.add(batchId);
  onSent({ events: events.length, retries: attempts - 1 });
  // One in a hundred: a sweep settles up to a hundred, and where it settles none, asking more often is no use.
  if (accounting.outstanding() > SWEEP_ABOVE && number % 100 === 0) await accounting.sweep(signal);
}

/** A trace for each batch, from here to the statement that stores it: where traces are exported. */
async function traced<T>(
  tracer: Tracer,
  events: number,
  publish: (traceparent: string | undefined) => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan('publish', { kind: 'client', attributes: { 'oncelog.events': events } });
  try {
    const published = await publish(span.traceparent);
    span.end();
    return published;
  } catch (error) {
    span.end(error);
    throw error;
  }
}
