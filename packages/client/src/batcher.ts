import { Call, type Loss, type Piece, type Refusal } from './call.ts';
import { BufferFullError, ClientClosedError, EventTooLargeError, RetriesExhaustedError } from './errors.ts';
import { onAbort } from './on-abort.ts';
import type { Acceptance } from './publish-batch.ts';
import { type BatchLimits, createQueue, piecesOf, take, type Waiting } from './queue.ts';
import type { FinalOutcome } from './retry.ts';
import { sizeOf, splitRefused } from './split.ts';
import { MAX_TIMER_MS } from './time-limit.ts';
import type { SendOptions } from './transport.ts';

export interface BatcherConfig {
  /** Most events and bytes of a batch, and how long the first event of one waits for others. */
  readonly batch: BatchLimits & { readonly lingerMs: number };
  /** Most events, and bytes of their JSON, that are not final. */
  readonly buffer: { readonly maxEvents: number; readonly maxBytes: number };
  /** Largest event. */
  readonly maxEventBytes: number;
  /** Batches that are on their way at a time. */
  readonly maxInFlight: number;
  /** From the call until it is given up. */
  readonly deliveryTimeoutMs: number;
}

export interface BatcherDeps {
  /** Sends events, each a JSON text, as one batch until its outcome is final; throws as `Transport.send`. */
  readonly send: (events: readonly Uint8Array[], options: SendOptions) => Promise<FinalOutcome<Acceptance>>;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs: () => number;
}

export interface CloseOptions {
  /** When to give up what is not delivered yet. Default: when its delivery timeout comes. */
  readonly timeoutMs?: number | undefined;
}

export interface Closed {
  /** Events that were given up since `close` was called: their calls have rejected. */
  readonly undelivered: number;
}

/**
 * Collects the events of many calls into batches and sees each call through to its outcome.
 *
 *     publish ─▶ queue ─▶ take ─▶ in flight (maxInFlight) ─▶ stored
 *                                    │        ▲
 *                                    └ refused: split, again ─▶ rejected
 */
export interface Batcher {
  /** @throws {BufferFullError | EventTooLargeError | ClientClosedError} at once, and nothing was kept */
  publish(events: readonly Uint8Array[], signal: AbortSignal | undefined): Call;
  ready(): Promise<void>;
  flush(): Promise<void>;
  close(options: CloseOptions): Promise<Closed>;
  /** What is not final. */
  buffered(): { readonly events: number; readonly bytes: number };
}

/**
 * A batch holds events of calls that lie at most this part of the delivery timeout apart: it has one deadline, that of its
 * oldest event, and the others are given up no earlier than this before theirs.
 */
const BATCH_SPAN = 0.05;

/** Room for more is announced when so much of the buffer is in use: producers then run in strides, not in single steps. */
const LOW_WATER = 0.5;

export function createBatcher(deps: BatcherDeps, config: BatcherConfig): Batcher {
  const { buffer, maxInFlight, deliveryTimeoutMs } = config;
  const limits = { ...config.batch };
  const spanMs = Math.max(limits.lingerMs, deliveryTimeoutMs * BATCH_SPAN);
  const queue = createQueue();
  /** Those that are not final, each with what is to be done when it is. */
  const calls = new Map<Call, (() => void) | undefined>();
  const flushes = new Set<Flush>();
  const inFlight = new Set<AbortController>();
  const used = { events: 0, bytes: 0 };
  let turn = Promise.resolve();
  let onRoom: (() => void) | undefined;
  let lingering: ReturnType<typeof setTimeout> | undefined;
  let flushing: Piece | undefined;
  const within = `within ${deliveryTimeoutMs / 1_000} s`;
  let lastCause: unknown;
  let undelivered = 0;
  let closing: Promise<Closed> | undefined;

  const isRoomy = (): boolean =>
    used.events <= buffer.maxEvents * LOW_WATER && used.bytes <= buffer.maxBytes * LOW_WATER;

  const release = ({ events, bytes }: Piece): void => {
    used.events -= events.length;
    used.bytes -= bytes;
    if (!isRoomy()) return;
    onRoom?.();
    onRoom = undefined;
  };

  const room = (): Promise<void> | undefined =>
    isRoomy() || closing !== undefined
      ? undefined
      : new Promise((resolve) => {
          onRoom = resolve;
        });

  const onFinal = (call: Call): void => {
    calls.get(call)?.();
    calls.delete(call);
    for (const flush of flushes) {
      if (!flush.open.delete(call) || flush.open.size > 0) continue;
      flushes.delete(flush);
      flush.done();
    }
  };

  const lose = (piece: Piece, loss: Loss): void => {
    if (!piece.call.isFinal) undelivered += piece.events.length;
    release(piece);
    piece.call.lost(piece, loss);
  };

  /** Whether the oldest events have waited long enough, or are enough. */
  const isDue = (head: Piece): boolean =>
    queue.events() >= limits.maxEvents ||
    queue.bytes() >= limits.maxBytes ||
    flushing !== undefined ||
    deps.monotonicMs() - head.call.enqueuedAt >= limits.lingerMs;

  const pump = (): void => {
    while (inFlight.size < maxInFlight) {
      const head = queue.head();
      if (head === undefined) {
        flushing = undefined;
        clearTimeout(lingering);
        lingering = undefined;
        return;
      }
      if (!isDue(head)) {
        linger(head);
        return;
      }
      const batch = take(queue, limits, spanMs);
      if (flushing !== undefined && batch.includes(flushing)) flushing = undefined;
      const leftMs = head.call.deadlineAt - deps.monotonicMs();
      if (leftMs >= 1) void dispatch(batch, leftMs);
      // those before it took all the time there was
      else for (const piece of batch) lose(piece, { outcome: 'not-sent', limit: within, cause: lastCause });
    }
  };

  const linger = (head: Piece): void => {
    if (lingering !== undefined) return;
    const waitMs = head.call.enqueuedAt + limits.lingerMs - deps.monotonicMs();
    lingering = setTimeout(
      () => {
        lingering = undefined;
        pump();
      },
      Math.max(1, Math.ceil(waitMs)),
    );
  };

  /** Sees a batch through, with all that it is split into: they share a place in flight, and a deadline. */
  const dispatch = async (batch: readonly Piece[], leftMs: number): Promise<void> => {
    const stop = new AbortController();
    inFlight.add(stop);
    const expire = (): void => stop.abort(new Expired());
    const timer = leftMs <= MAX_TIMER_MS ? setTimeout(expire, Math.ceil(leftMs)) : undefined;
    const met: Met = { cause: undefined };
    const parts = [batch];
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      parts.unshift(...(await deliver(part, stop.signal, met)));
    }
    clearTimeout(timer);
    inFlight.delete(stop);
    pump();
  };

  /** @returns what is to be sent again, after a refusal */
  const deliver = async (
    batch: readonly Piece[],
    signal: AbortSignal,
    met: Met,
  ): Promise<readonly (readonly Piece[])[]> => {
    const onFailure = (cause: Error): void => {
      met.cause = cause;
      lastCause = cause;
    };
    try {
      const events = batch.flatMap((piece) => piece.events);
      const result = await deps.send(events, { signal, onFailure });
      if (result.outcome === 'rejected') {
        // Also what was refused at once may be in a batch that had no answer before it was split.
        const outcome = met.cause === undefined ? 'not-stored' : 'unknown';
        return refuse(batch, { status: result.status, problem: result.problem, outcome });
      }
      lastCause = undefined;
      for (const piece of batch) {
        release(piece);
        piece.call.stored(piece, result.value.batchId);
      }
    } catch (error) {
      const loss = { outcome: 'unknown', ...lossOf(error, met.cause, within) } as const;
      for (const piece of batch) lose(piece, loss);
    }
    return [];
  };

  const refuse = (batch: readonly Piece[], refusal: Refusal): readonly (readonly Piece[])[] => {
    const { atFault, again, maxEvents = limits.maxEvents } = splitRefused(batch, refusal);
    limits.maxEvents = Math.min(limits.maxEvents, maxEvents);
    for (const { piece, refusal: own } of atFault) {
      release(piece);
      piece.call.refused(piece, own);
    }
    return again;
  };

  const abandonAll = (): void => {
    const reason = new ClientClosedError();
    for (let piece = queue.head(); piece !== undefined; piece = queue.head()) {
      queue.shift();
      lose(piece, { outcome: 'not-sent', limit: CLOSED, cause: lastCause });
    }
    for (const stop of inFlight) stop.abort(reason);
  };

  const flush = (): Promise<void> => {
    flushing = queue.last();
    pump();
    if (calls.size === 0) return Promise.resolve();
    return new Promise((done) => {
      flushes.add({ open: new Set(calls.keys()), done });
    });
  };

  const finish = async ({ timeoutMs }: CloseOptions): Promise<Closed> => {
    const before = undelivered;
    const timer =
      timeoutMs === undefined || timeoutMs > MAX_TIMER_MS ? undefined : setTimeout(abandonAll, timeoutMs);
    await flush();
    clearTimeout(timer);
    return { undelivered: undelivered - before };
  };

  /** Takes what waits of a call out of the queue when its signal aborts; what is on its way is left alone. */
  const abandonWith = (signal: AbortSignal, call: Call, places: readonly Waiting[]): (() => void) =>
    onAbort(signal, () => {
      for (const place of places) if (queue.remove(place)) release(place.piece);
      call.abandon(signal.reason);
      // not now: other calls of the same signal are still in the queue
      queueMicrotask(pump);
    });

  return {
    publish(events, signal) {
      if (closing !== undefined) throw new ClientClosedError();
      const bytes = admit(events, config, used);
      const enqueuedAt = deps.monotonicMs();
      const call = new Call(events.length, {
        enqueuedAt,
        deadlineAt: enqueuedAt + deliveryTimeoutMs,
        onFinal,
      });
      used.events += events.length;
      used.bytes += bytes;
      const places = piecesOf(call, events, limits).map(queue.push);
      calls.set(call, signal && abandonWith(signal, call, places));
      pump();
      return call;
    },
    // One after the other, and each after what those before it have published: otherwise all would take the same room.
    ready() {
      turn = turn.then(room);
      return turn;
    },
    flush,
    close(options) {
      closing ??= finish(options);
      return closing;
    },
    buffered: () => ({ ...used }),
  };
}

/** What the last attempt at a batch met that had no answer which says what became of it. */
interface Met {
  cause: Error | undefined;
}

/** A caller that waits until the calls of before are final. Not by their promises: that would count as looking at their errors. */
interface Flush {
  readonly open: Set<Call>;
  readonly done: () => void;
}

/** The deadline of a batch has come. */
class Expired extends Error {}

const CLOSED = 'before the client was closed';

/** What an attempt met says more than that the time was over. */
function lossOf(error: unknown, met: Error | undefined, within: string): Pick<Loss, 'limit' | 'cause'> {
  const cause = met ?? new Error('there is no answer yet');
  if (error instanceof Expired) return { limit: within, cause };
  if (error instanceof ClientClosedError) return { limit: CLOSED, cause };
  if (error instanceof RetriesExhaustedError) {
    return { limit: `after ${error.attempts} attempts`, cause: error.cause };
  }
  return { limit: 'by an error of the client', cause: error };
}

/**
 * @returns the size of the call
 * @throws {BufferFullError | EventTooLargeError}
 */
function admit(
  events: readonly Uint8Array[],
  { buffer, maxEventBytes }: BatcherConfig,
  used: { readonly events: number; readonly bytes: number },
): number {
  const largest = Math.min(maxEventBytes, buffer.maxBytes);
  for (const [index, event] of events.entries()) {
    if (event.length > largest)
      throw new EventTooLargeError(index, { bytes: event.length, maxBytes: largest });
  }
  const bytes = sizeOf(events);
  const isWithin = (inUse: { events: number; bytes: number }): boolean =>
    inUse.events + events.length <= buffer.maxEvents && inUse.bytes + bytes <= buffer.maxBytes;
  if (isWithin(used)) return bytes;
  throw new BufferFullError({ events: events.length, bytes, fits: isWithin({ events: 0, bytes: 0 }) });
}
