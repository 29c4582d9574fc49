import type { ProblemDetails } from './api-types.ts';
import { RawJson } from './raw-json.ts';

/**
 * The gateway refused the request for good (a 4xx other than 408, 425 and 429, or a redirect): sending it again
 * would be refused again. `problem` is the gateway's RFC 9457 document; undefined where something else
 * answered, such as a proxy.
 */
export class RequestRejectedError extends Error {
  readonly status: number;
  readonly problem: ProblemDetails | undefined;

  constructor(request: string, { status, problem }: { status: number; problem: ProblemDetails | undefined }) {
    super(
      `${request} was rejected with ${describeStatus(status)}${problem === undefined ? '' : `: ${describe(problem)}`}`,
    );
    this.name = 'RequestRejectedError';
    this.status = status;
    this.problem = problem;
  }
}

/** What of a call of `publish` is durable although the call as a whole failed: it was larger than one batch. */
export interface Kept {
  /** How many of its events. */
  readonly queued: number;
  readonly batchIds: readonly string[];
}

const NOTHING: Kept = { queued: 0, batchIds: [] };

/**
 * `not-stored`: the refusal is all there is to know. `unknown`: an attempt before it was left without an answer, and may have
 * arrived.
 */
export type RefusalOutcome = 'not-stored' | 'unknown';

/**
 * Events were refused: they, the request or the key are at fault. `problem.errors` points at what is wrong, as
 * `/events/<index in the call>/…`.
 */
export class PublishRejectedError extends RequestRejectedError implements Kept {
  override readonly name = 'PublishRejectedError';
  readonly outcome: RefusalOutcome;
  readonly queued: number;
  readonly batchIds: readonly string[];

  constructor(
    request: string,
    {
      outcome = 'not-stored',
      ...refusal
    }: { status: number; problem: ProblemDetails | undefined; outcome?: RefusalOutcome },
    kept: Kept = NOTHING,
  ) {
    super(request, refusal);
    if (outcome === 'unknown') this.message += ' (an attempt before had no answer, and may have arrived)';
    this.outcome = outcome;
    this.queued = kept.queued;
    this.batchIds = kept.batchIds;
  }
}

/**
 * Every attempt failed; `cause` is what the last one met. For a publish the outcome is *unknown*: an attempt
 * may have arrived and only its answer been lost. Publishing again with the same key is safe.
 */
export class RetriesExhaustedError extends Error {
  readonly attempts: number;

  constructor(request: string, { attempts, cause }: { attempts: number; cause: Error }) {
    super(`${request} failed ${attempts} times: ${cause.message}`, { cause });
    this.name = 'RetriesExhaustedError';
    this.attempts = attempts;
  }
}

/**
 * An answer that says nothing final: a 408, 425, 429 or 5xx, or a success whose body is not what this endpoint
 * answers. Met as a `cause`.
 */
export class UnusableAnswerError extends Error {
  readonly status: number;

  constructor(status: number, detail: string | undefined) {
    super(`the answer was ${status}${detail === undefined ? '' : `: ${detail}`}`);
    this.name = 'UnusableAnswerError';
    this.status = status;
  }
}

export interface DeliveryFailure {
  /** `unknown`: they were tried, and may have arrived. `not-sent`: they never left. */
  readonly outcome: 'unknown' | 'not-sent';
  /** For people: "within 300 s". */
  readonly limit: string;
  readonly cause: unknown;
  /** The events as they were or would have been sent, each a JSON text in UTF-8. */
  readonly texts: readonly Uint8Array[];
}

/**
 * Events of a call could not be delivered in time, or before the client was closed; `cause` is what the last attempt met.
 * {@link events} has them with the ids that they were sent under: publish those again, and they are duplicates of
 * whatever arrived.
 */
export class DeliveryError extends Error implements Kept {
  override readonly name = 'DeliveryError';
  readonly outcome: 'unknown' | 'not-sent';
  readonly queued: number;
  readonly batchIds: readonly string[];
  readonly #texts: readonly Uint8Array[];

  constructor({ outcome, limit, cause, texts }: DeliveryFailure, kept: Kept = NOTHING) {
    const reason = cause instanceof Error ? `: ${cause.message}` : '';
    super(`${texts.length} ${texts.length === 1 ? 'event' : 'events'} not delivered ${limit}${reason}`, {
      cause,
    });
    this.outcome = outcome;
    this.queued = kept.queued;
    this.batchIds = kept.batchIds;
    this.#texts = texts;
  }

  /** The events that were not delivered; fit for `publish`, or line by line for a file (`event.text`). */
  get events(): RawJson[] {
    const decoder = new TextDecoder();
    return this.#texts.map((text) => new RawJson(decoder.decode(text)));
  }
}

/** There was no room for the events of the call; none of them was kept. Wait for `ready()`, or for earlier calls. */
export class BufferFullError extends Error {
  override readonly name = 'BufferFullError';
  /** Size of the call. */
  readonly events: number;
  readonly bytes: number;
  /** Whether the call would fit into an empty buffer. If not, it never will: split it. */
  readonly fits: boolean;

  constructor({ events, bytes, fits }: { events: number; bytes: number; fits: boolean }) {
    const size = `${events} ${events === 1 ? 'event' : 'events'} of ${bytes} bytes`;
    super(fits ? `the buffer has no room for ${size}` : `${size} are more than the whole buffer holds`);
    this.events = events;
    this.bytes = bytes;
    this.fits = fits;
  }
}

/** The client was closed: nothing was kept. */
export class ClientClosedError extends Error {
  override readonly name = 'ClientClosedError';

  constructor() {
    super('the client is closed');
  }
}

/** An event is none, whatever the gateway would say. Nothing of the call was kept. */
export class InvalidEventError extends TypeError {
  override readonly name: string = 'InvalidEventError';
  /** Of the event in the call. */
  readonly index: number;
  /** `/events/3/topic`, as the gateway's problem documents have it. */
  readonly pointer: string;

  constructor(index: number, path: string, detail: string) {
    const pointer = `/events/${index}${path}`;
    super(`${pointer}: ${detail}`);
    this.index = index;
    this.pointer = pointer;
  }
}

/** An event alone is larger than a request may be. Nothing of the call was kept. */
export class EventTooLargeError extends InvalidEventError {
  override readonly name = 'EventTooLargeError';
  readonly bytes: number;
  readonly maxBytes: number;

  constructor(index: number, { bytes, maxBytes }: { bytes: number; maxBytes: number }) {
    super(index, '', `the event has ${bytes} bytes as JSON, and may have ${maxBytes}`);
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }
}

/** A browser hides the status of a redirect that is not followed. */
function describeStatus(status: number): string {
  const isRedirect = status === 0 || (status >= 300 && status < 400);
  return isRedirect
    ? `${status || 'a redirect'}: redirects are not followed, is the url that of the gateway?`
    : String(status);
}

function describe({ title, detail, errors }: ProblemDetails): string {
  const first = errors?.[0];
  return [title, detail, first && `${first.pointer}: ${first.detail}`].filter(Boolean).join('; ');
}
