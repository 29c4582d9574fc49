import type { BatcherConfig } from './batcher.ts';
import { BODY_FRAME_BYTES } from './publish-batch.ts';
import type { RetryPolicy } from './retry.ts';
import { MAX_TIMER_MS } from './time-limit.ts';

const MIB = 1024 * 1024;

/** What the gateway takes in one request unless it is set otherwise. */
const MAX_BODY_BYTES = 5 * MIB;

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_POLICY: RetryPolicy = { maxAttempts: 10, baseMs: 100, capMs: 10_000, maxRetryAfterMs: 60_000 };

/** How `publish` collects, keeps and sends. All of it may be left out. */
export interface BatchingOptions {
  /** When a batch goes out: at so many events or bytes, or after its first event has waited so long. */
  readonly batch?:
    | {
        /** Default 500; the gateway takes 1,000 unless it is set otherwise. */
        readonly maxEvents?: number | undefined;
        /** Of the request's body. Default 1 MiB. A larger event goes alone. */
        readonly maxBytes?: number | undefined;
        /** Default 20. */
        readonly lingerMs?: number | undefined;
      }
    | undefined;
  /** What is kept in memory until it is durable. Beyond it `publish` rejects at once. */
  readonly buffer?:
    | {
        /** Default 50,000. */
        readonly maxEvents?: number | undefined;
        /** Of their JSON. Default 16 MiB. */
        readonly maxBytes?: number | undefined;
      }
    | undefined;
  /** Largest event as JSON. Default 5 MiB less what surrounds it: what the gateway takes unless it is set otherwise. */
  readonly maxEventBytes?: number | undefined;
  /** Batches that are on their way at a time. Default 4; with 1 all events arrive in the order of the calls. */
  readonly maxInFlight?: number | undefined;
  /** How long `publish` tries, from the call on. Default 300,000; `Infinity` goes on until `close`. */
  readonly deliveryTimeoutMs?: number | undefined;
}

export interface PatienceOptions {
  /** How long one attempt may take, up to the last byte of the answer. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * Default: 10 attempts, waits of up to 100 ms doubling to 10 s, Retry-After up to 60 s. Together half a
   * minute at most where no Retry-After asks for more: enough for a gateway's restart, short enough for a
   * caller that waits. Of `publish` the attempts are not counted unless `maxAttempts` is given: its limit is
   * `deliveryTimeoutMs`.
   */
  readonly retry?: Partial<RetryPolicy> | undefined;
}

/** @throws {RangeError} names the option and what it may be */
export function batcherConfig(options: BatchingOptions): BatcherConfig {
  const { batch = {}, buffer = {} } = options;
  return {
    batch: {
      maxEvents: whole('batch.maxEvents', batch.maxEvents ?? 500),
      maxBytes: whole('batch.maxBytes', batch.maxBytes ?? MIB),
      lingerMs: whole('batch.lingerMs', batch.lingerMs ?? 20, { least: 0, most: MAX_TIMER_MS }),
    },
    buffer: {
      maxEvents: whole('buffer.maxEvents', buffer.maxEvents ?? 50_000),
      maxBytes: whole('buffer.maxBytes', buffer.maxBytes ?? 16 * MIB),
    },
    maxEventBytes: whole('maxEventBytes', options.maxEventBytes ?? MAX_BODY_BYTES - BODY_FRAME_BYTES),
    maxInFlight: whole('maxInFlight', options.maxInFlight ?? 4),
    deliveryTimeoutMs: duration('deliveryTimeoutMs', options.deliveryTimeoutMs ?? 300_000),
  };
}

/** @throws {RangeError} names the option and what it may be */
export function patience({ timeoutMs = DEFAULT_TIMEOUT_MS, retry }: PatienceOptions): {
  readonly timeoutMs: number;
  readonly policy: RetryPolicy;
} {
  const given = Object.entries(retry ?? {}).filter(([, value]) => value !== undefined);
  const policy: RetryPolicy = { ...DEFAULT_POLICY, ...Object.fromEntries(given) };
  if (policy.maxAttempts !== Number.POSITIVE_INFINITY) whole('retry.maxAttempts', policy.maxAttempts);
  for (const name of ['baseMs', 'capMs', 'maxRetryAfterMs'] as const)
    whole(`retry.${name}`, policy[name], { least: 0, most: MAX_TIMER_MS });
  return { timeoutMs: whole('timeoutMs', timeoutMs, { most: MAX_TIMER_MS }), policy };
}

function whole(name: string, value: number, { least = 1, most = Number.MAX_SAFE_INTEGER } = {}): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${name} must be a whole number from ${least} to ${most}, not ${String(value)}`);
}

function duration(name: string, value: number): number {
  if (value === Number.POSITIVE_INFINITY) return value;
  return whole(name, value, { most: MAX_TIMER_MS });
}
