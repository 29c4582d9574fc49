import type { Event, PublishResponse } from '@oncelog/event-schema';
import type { PreparedRequest } from './attempt.ts';
import { PublishRejectedError } from './errors.ts';
import type { Transport } from './transport.ts';

export interface PublishOptions {
  /**
   * Names this batch: the gateway counts it once, however often it is sent under this key. Give one where a
   * batch may be published again after a crash; otherwise each call makes its own.
   */
  readonly idempotencyKey?: string | undefined;
  /** The place in a trace that the batch comes from, as the header of W3C Trace Context has it. */
  readonly traceparent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of a batch that the gateway has made durable. */
export interface Published {
  readonly batchId: string;
  readonly queued: number;
  /** From 1. */
  readonly attempts: number;
}

/**
 * Publishes a batch. It is serialised once: the same bytes and the same key go out at every attempt.
 *
 * @throws {PublishRejectedError} the batch or the request is at fault
 * @throws {RetriesExhaustedError} the outcome is unknown
 * @throws {TypeError} the key or the traceparent cannot be sent as a header, or the events not as JSON
 */
export async function publish(
  transport: Transport,
  events: readonly Event[],
  { idempotencyKey = crypto.randomUUID(), traceparent, signal }: PublishOptions = {},
): Promise<Published> {
  const request: PreparedRequest<Omit<Published, 'attempts'>> = {
    label: 'POST /publish',
    url: transport.url('publish'),
    init: {
      method: 'POST',
      headers: new Headers({
        'Content-Type': 'application/json',
        'Idempotency-Key': idempotencyKey,
        ...(traceparent === undefined ? {} : { traceparent }),
      }),
      body: new TextEncoder().encode(JSON.stringify({ events })),
    },
    read: readAcceptance,
  };
  const result = await transport.send(request, signal);
  if (result.outcome === 'rejected') throw new PublishRejectedError(request.label, result);
  return { ...result.value, attempts: result.attempts };
}

function readAcceptance(answer: unknown): Omit<Published, 'attempts'> | undefined {
  const { batch_id, queued } = (answer ?? {}) as Partial<PublishResponse>;
  if (typeof batch_id !== 'string' || typeof queued !== 'number') return undefined;
  return { batchId: batch_id, queued };
}
