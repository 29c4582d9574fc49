import type { PreparedRequest } from './attempt.ts';
import { PublishRejectedError } from './errors.ts';
import { type DefaultName, type EventDefaults, type EventInput, eventBytes } from './event-input.ts';
import type { FinalOutcome } from './retry.ts';
import type { SendOptions, Transport } from './transport.ts';
import { uuidV7 } from './uuid-v7.ts';

export interface PublishBatchOptions {
  /**
   * Names this batch: the gateway counts it once, however often it is sent under this key with the same events. Give one
   * where a batch may be published again after a crash, and its events their `event_id` and `timestamp`; otherwise each
   * call makes its own.
   */
  readonly idempotencyKey?: string | undefined;
  /** The place in a trace that the batch comes from, as the header of W3C Trace Context has it. */
  readonly traceparent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of a batch that the gateway has made durable. */
export interface PublishedBatch {
  readonly batchId: string;
  readonly queued: number;
  /** From 1. */
  readonly attempts: number;
}

/**
 * Publishes a batch. It is serialised once: the same bytes and the same key go out at every attempt.
 *
 * @throws {InvalidEventError} an event is none; nothing was sent
 * @throws {PublishRejectedError} the batch or the request is at fault
 * @throws {RetriesExhaustedError} the outcome is unknown
 * @throws {TypeError} the key or the traceparent cannot be sent as a header
 */
export async function publishBatch(
  { transport, defaults }: { readonly transport: Transport; readonly defaults: EventDefaults },
  events: readonly EventInput<DefaultName>[],
  { signal, ...headers }: PublishBatchOptions = {},
): Promise<PublishedBatch> {
  const texts = events.map((event, index) => eventBytes(event, defaults, index));
  const result = await sendBatch(transport, { events: texts, ...headers }, { signal });
  const { attempts } = result;
  if (result.outcome === 'answered') return { ...result.value, attempts };
  const { status, problem } = result;
  const outcome = attempts > 1 ? 'unknown' : 'not-stored';
  throw new PublishRejectedError('POST /publish', { status, problem, outcome });
}

export interface BatchRequest {
  /** Each a JSON text. */
  readonly events: readonly Uint8Array[];
  readonly idempotencyKey?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** What an accepted batch is told. */
export type Acceptance = Omit<PublishedBatch, 'attempts'>;

/** Sends a batch until its outcome is final. Throws as {@link Transport.send}. */
export function sendBatch(
  transport: Transport,
  { events, idempotencyKey, traceparent }: BatchRequest,
  options: SendOptions,
): Promise<FinalOutcome<Acceptance>> {
  const request: PreparedRequest<Acceptance> = {
    label: 'POST /publish',
    url: transport.url('publish'),
    init: {
      method: 'POST',
      headers: transport.headers({
        'Content-Type': 'application/json',
        'Idempotency-Key': idempotencyKey ?? uuidV7(transport.deps.now()),
        ...(traceparent === undefined ? {} : { traceparent }),
      }),
      body: batchBody(events),
    },
    read: (answer) => readAcceptance(answer, events.length),
  };
  return transport.send(request, options);
}

const encoder = new TextEncoder();
const HEAD = encoder.encode('{"events":[');
const TAIL = encoder.encode(']}');
const COMMA = 0x2c;

/** How many bytes a body has besides its events and the commas between them. */
export const BODY_FRAME_BYTES = HEAD.length + TAIL.length;

/** The body of `POST /publish`. */
function batchBody(events: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const commas = Math.max(0, events.length - 1);
  const bytes = events.reduce((sum, event) => sum + event.length, BODY_FRAME_BYTES + commas);
  const body = new Uint8Array(bytes);
  body.set(HEAD);
  let at = HEAD.length;
  for (const [index, event] of events.entries()) {
    if (index > 0) body[at++] = COMMA;
    body.set(event, at);
    at += event.length;
  }
  body.set(TAIL, at);
  return body;
}

/** An answer with another count is of another request: something on the way has mixed them up. */
function readAcceptance(answer: unknown, events: number): Acceptance | undefined {
  const { batch_id, queued } = (answer ?? {}) as { batch_id?: unknown; queued?: unknown };
  return typeof batch_id === 'string' && queued === events
    ? { batchId: batch_id, queued: events }
    : undefined;
}
