import type {
  Audit,
  BatchReceipt,
  ConsumerState,
  DeadLetter,
  DeadLetterDeletionCounts,
  DeadLetterReplayCounts,
  DeadLetterReplayed,
  DeadLetterSummary,
  Health,
  LiveStatus,
  Stats,
} from './api-types.ts';
import { type Batcher, type Closed, type CloseOptions, createBatcher } from './batcher.ts';
import type { Published } from './call.ts';
import {
  type DeadLetterDeletionQuery,
  type DeadLetterReplayQuery,
  type DeadLettersQuery,
  deadLetter,
  deadLetters,
  deleteDeadLetter,
  deleteDeadLetters,
  replayDeadLetter,
  replayDeadLetters,
} from './dead-letters.ts';
import { type DefaultName, type EventInput, eventBytes } from './event-input.ts';
import { type EventsQuery, eventTexts, parsed, type RawOption, type ReadEvents } from './events.ts';
import type { FollowOptions } from './follow.ts';
import { type PublishBatchOptions, type PublishedBatch, publishBatch, sendBatch } from './publish-batch.ts';
import { type AuditOptions, audit, batches, consumers, health, type ReadOptions, stats } from './reads.ts';
import type { RetryDeps, RetryNotice } from './retry.ts';
import { type BatchingOptions, batcherConfig, type PatienceOptions, patience } from './settings.ts';
import { sleep } from './sleep.ts';
import { live, type Tail, type TailOptions, tail } from './tail.ts';
import { createTransport, type Transport } from './transport.ts';

export interface ClientOptions extends BatchingOptions, PatienceOptions {
  /** The gateway: `http://127.0.0.1:8080`, with a path prefix if it has one. */
  readonly url: string | URL;
  /** Sent as `Authorization: Bearer`. */
  readonly apiKey?: string | undefined;
  /** Of events that do not say theirs. */
  readonly topic?: string | undefined;
  /** Of events that do not say theirs. */
  readonly source?: string | undefined;
  /**
   * Told of each call of `publish` that fails, awaited or not. With it the promise of a call may be left alone; without it
   * such a failure is an unhandled rejection, which ends a Node.js process.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Told of each failed attempt that is followed by another. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Time and randomness, for tests. */
  readonly sleep?: RetryDeps['sleep'] | undefined;
  readonly now?: RetryDeps['now'] | undefined;
  readonly random?: RetryDeps['random'] | undefined;
}

export interface PublishOptions {
  /**
   * The caller waits no longer, and the promise rejects with the signal's reason: what is not on its way yet is not sent; of
   * what is, the outcome stays unknown.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What is kept until it is durable. */
export interface Buffered {
  readonly events: number;
  readonly bytes: number;
}

/** All methods may be called side by side. `D`: what events may leave out, because the client has defaults for it. */
export interface Client<D extends DefaultName = never> {
  /**
   * Publishes an event, or several: in batches with those of other calls, in the order of the calls. Resolves when they are
   * durable. A call that fits one batch is stored as a whole or not at all.
   *
   * Rejects with {@link InvalidEventError}, {@link EventTooLargeError}, {@link BufferFullError} or {@link ClientClosedError}
   * at once, and nothing was kept; with {@link PublishRejectedError} where its own events are at fault, or the key is; with
   * {@link DeliveryError} after `deliveryTimeoutMs`.
   */
  publish(events: EventInput<D> | readonly EventInput<D>[], options?: PublishOptions): Promise<Published>;
  /**
   * Resolves when at most half of the buffer is in use: a call of up to the other half that follows at once then fits. Callers
   * go on one after the other. Never rejects.
   */
  ready(): Promise<void>;
  /** What is buffered now. */
  buffered(): Buffered;
  /** Sends what waits, and resolves when every call so far is final, well or not. Never rejects. */
  flush(): Promise<void>;
  /** Refuses new calls of `publish`, flushes, and gives up at the timeout. Reading goes on. The same promise for each call. */
  close(options?: CloseOptions): Promise<Closed>;
  /** Publishes exactly one batch, at once. See {@link publishBatch}. */
  publishBatch(events: readonly EventInput<D>[], options?: PublishBatchOptions): Promise<PublishedBatch>;

  /** See {@link batches}. */
  batches(ids: readonly string[], options?: ReadOptions): Promise<BatchReceipt[]>;
  stats(options?: ReadOptions): Promise<Stats>;
  /** See {@link health}. */
  health(options?: ReadOptions): Promise<Health>;
  /** See {@link audit}. */
  audit(options?: AuditOptions): Promise<Audit>;
  consumers(options?: ReadOptions): Promise<ConsumerState[]>;
  /** Stored events, page after page as they are read. */
  readonly events: ReadEvents;
  /** Events as they are stored; goes on by itself after a lost connection, where it was. */
  readonly tail: Tail;
  /** One look at the whole system each second. */
  live(options?: FollowOptions): AsyncGenerator<LiveStatus, void, undefined>;

  deadLetters(
    query?: DeadLettersQuery,
    options?: ReadOptions,
  ): AsyncGenerator<DeadLetterSummary, void, undefined>;
  deadLetter(id: string, options?: ReadOptions): Promise<DeadLetter>;
  replayDeadLetter(id: string, options?: ReadOptions): Promise<DeadLetterReplayed>;
  /** See {@link replayDeadLetters}. */
  replayDeadLetters(query: DeadLetterReplayQuery, options?: ReadOptions): Promise<DeadLetterReplayCounts>;
  deleteDeadLetter(id: string, options?: ReadOptions): Promise<void>;
  /** See {@link deleteDeadLetters}. */
  deleteDeadLetters(query: DeadLetterDeletionQuery, options?: ReadOptions): Promise<DeadLetterDeletionCounts>;
}

/** Which defaults the options have, as far as their type says so. */
export type DefaultsIn<O> = {
  [K in DefaultName]: O extends { readonly [P in K]: string } ? K : never;
}[DefaultName];

/**
 * A client of one gateway. It keeps no process alive while nothing is buffered; `close` it when nothing more is to
 * be published, so that what is buffered arrives.
 *
 * @throws {TypeError} `url` is not an address that fetch can use, or `apiKey` cannot be sent
 * @throws {RangeError} a number is out of range
 */
export function createClient<const O extends ClientOptions>(options: O): Client<DefaultsIn<O>> {
  const { timeoutMs, policy } = patience(options);
  const deps = depsOf(options);
  const { url, apiKey } = options;
  const transport = createTransport(deps, { url, apiKey, timeoutMs, policy });
  const maxAttempts = options.retry?.maxAttempts ?? Number.POSITIVE_INFINITY;
  const batcher = createBatcher(
    {
      send: (events, sending) => sendBatch(transport, { events }, { maxAttempts, ...sending }),
      monotonicMs: () => performance.now(),
    },
    batcherConfig(options),
  );
  const client: Client<DefaultName> = {
    ...publishing({ transport, batcher, options }),
    ...reading(transport),
  };
  // It takes events that leave out both: more than any of its types says.
  return client as Client<DefaultsIn<O>>;
}

function depsOf(options: ClientOptions): RetryDeps {
  const { onRetry } = options;
  return {
    // Looked up at each call, so that a fetch that is replaced or instrumented later is used.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    sleep: options.sleep ?? sleep,
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
    // Not called from here: what it throws is an unhandled rejection, as from onError, and costs no events.
    onRetry: onRetry === undefined ? () => undefined : (notice) => void Promise.resolve(notice).then(onRetry),
  };
}

type Publishing = Pick<
  Client<DefaultName>,
  'publish' | 'ready' | 'buffered' | 'flush' | 'close' | 'publishBatch'
>;

interface PublishingDeps {
  readonly transport: Transport;
  readonly batcher: Batcher;
  readonly options: ClientOptions;
}

function publishing({ transport, batcher, options }: PublishingDeps): Publishing {
  const { onError, topic, source } = options;
  const defaults = { topic, source, now: transport.deps.now };

  const publish = (
    events: EventInput<DefaultName> | readonly EventInput<DefaultName>[],
    signal: AbortSignal | undefined,
  ): Promise<Published> => {
    try {
      signal?.throwIfAborted();
      const all: readonly EventInput<DefaultName>[] = isList(events) ? events : [events];
      if (all.length === 0) return Promise.resolve({ queued: 0, batchIds: [] });
      return batcher.publish(
        all.map((event, index) => eventBytes(event, defaults, index)),
        signal,
      ).promise;
    } catch (error) {
      return Promise.reject(error);
    }
  };

  return {
    publish(events, { signal } = {}) {
      const published = publish(events, signal);
      if (onError !== undefined) published.catch(onError);
      return published;
    },
    ready: () => batcher.ready(),
    buffered: () => batcher.buffered(),
    flush: () => batcher.flush(),
    close: (closing = {}) => batcher.close(closing),
    publishBatch: (events, batchOptions) => publishBatch({ transport, defaults }, events, batchOptions),
  };
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

function reading(transport: Transport): Omit<Client, keyof Publishing> {
  const events = (query: EventsQuery = {}, { raw, ...options }: ReadOptions & RawOption = {}) =>
    parsed(eventTexts(transport, query, options), { raw });
  const follow = (filter = {}, options: TailOptions & RawOption = {}) => tail(transport, filter, options);
  return {
    batches: (ids, options) => batches(transport, ids, options),
    stats: (options) => stats(transport, options),
    health: (options) => health(transport, options),
    audit: (options) => audit(transport, options),
    consumers: (options) => consumers(transport, options),
    // one implementation for two overloads: what it yields goes by `raw`
    events: events as ReadEvents,
    tail: follow as Tail,
    live: (options = {}) => live(transport, options),
    deadLetters: (query = {}, options = {}) => deadLetters(transport, query, options),
    deadLetter: (id, options = {}) => deadLetter(transport, id, options),
    replayDeadLetter: (id, options = {}) => replayDeadLetter(transport, id, options),
    replayDeadLetters: (query, options = {}) => replayDeadLetters(transport, query, options),
    deleteDeadLetter: (id, options = {}) => deleteDeadLetter(transport, id, options),
    deleteDeadLetters: (query, options = {}) => deleteDeadLetters(transport, query, options),
  };
}
