import type { BatchReceipt, Event, Health, Stats } from '@oncelog/event-schema';
import { type Published, type PublishOptions, publish } from './publish.ts';
import { batches, health, type ReadOptions, stats } from './reads.ts';
import type { RetryDeps, RetryNotice, RetryPolicy } from './retry.ts';
import { sleep } from './sleep.ts';
import { createTransport } from './transport.ts';

export interface ClientOptions {
  /** The gateway: `http://127.0.0.1:8080`, with a path prefix if it has one. */
  readonly url: string | URL;
  /** How long one attempt may take, up to the last byte of the answer. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * Default: 10 attempts, waits of up to 100 ms doubling to 10 s, Retry-After up to 60 s. Together half a
   * minute at most where no Retry-After asks for more: enough for a gateway's restart, short enough for a
   * caller that waits.
   */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Called before each wait. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Time and randomness, for tests. */
  readonly sleep?: RetryDeps['sleep'] | undefined;
  readonly now?: RetryDeps['now'] | undefined;
  readonly random?: RetryDeps['random'] | undefined;
}

/** All methods may be called side by side, and retry by the client's policy. */
export interface Client {
  /** Resolves when the batch is durable. See {@link publish}. */
  publish(events: readonly Event[], options?: PublishOptions): Promise<Published>;
  /** See {@link batches}. */
  batches(ids: readonly string[], options?: ReadOptions): Promise<BatchReceipt[]>;
  stats(options?: ReadOptions): Promise<Stats>;
  /** See {@link health}. */
  health(options?: ReadOptions): Promise<Health>;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_POLICY: RetryPolicy = { maxAttempts: 10, baseMs: 100, capMs: 10_000, maxRetryAfterMs: 60_000 };

/**
 * A client of one gateway. It holds nothing open: there is nothing to close.
 *
 * @throws {TypeError} `url` is not an address that fetch can use
 */
export function createClient(options: ClientOptions): Client {
  const deps: RetryDeps = {
    // Looked up at each call, so that a fetch that is replaced or instrumented later is used.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    sleep: options.sleep ?? sleep,
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
    onRetry: options.onRetry ?? (() => undefined),
  };
  const transport = createTransport(deps, {
    url: options.url,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    policy: { ...DEFAULT_POLICY, ...options.retry },
  });
  return {
    publish: (events, publishOptions) => publish(transport, events, publishOptions),
    batches: (ids, readOptions) => batches(transport, ids, readOptions),
    stats: (readOptions) => stats(transport, readOptions),
    health: (readOptions) => health(transport, readOptions),
  };
}
