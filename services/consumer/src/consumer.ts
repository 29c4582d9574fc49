import { type Entry, entryBytes, type PendingEntries, type StreamReader } from '@oncelog/event-stream';
import { type Backoff, backoffMs, type FailPoint, type Logger, pause } from '@oncelog/service-kit';
import { GaveUpError } from './apply-entries.ts';
import type { ConsumerMetrics } from './metrics.ts';

export interface ConsumerDeps {
  readonly reader: StreamReader;
  /** Creates the group where it is missing. */
  readonly joinGroup: () => Promise<void>;
  /** Resolves when the entries are committed; rejects only with {@link GaveUpError} or a bug. */
  readonly apply: (entries: readonly Entry[]) => Promise<void>;
  readonly log: Logger;
  readonly metrics: ConsumerMetrics;
  readonly random: () => number;
  readonly failPoint: FailPoint;
}

export interface ConsumerOptions {
  readonly maxEntriesPerRead: number;
  readonly maxBytesPerRead: number;
  readonly blockMs: number;
  readonly lingerMs: number;
  readonly claimIdleMs: number;
  readonly maintenanceIntervalMs: number;
  readonly backoff: Backoff;
}

/** A member of the consumer group, on one shard. */
export interface Consumer {
  /** One step: what is pending for this member after a start or an error, else new entries. */
  tick(): Promise<void>;
  /** One round of claiming, trimming, forgetting dead members, and care for Redis's file. */
  maintain(): Promise<void>;
  /** Steps and rounds until the signal aborts; then finishes what is in hand, and leaves the group. */
  run(stop: AbortSignal): Promise<void>;
}

/** Recovered and claimed entries are taken in small helpings: their sizes are not known beforehand. */
const PENDING_PER_READ = 16;
/** The name of a member without pending entries is forgotten after this many times the claim time. */
const FORGET_FACTOR = 20;
/** A call that has trimmed this many entries has probably left some. */
const TRIM_AGAIN = 5_000;

/**
 *        ┌────────────── any error: what is pending for us is not known ◀──────────────┐
 *        ▼                                                                             │
 *   recovering ── own pending entries: apply, acknowledge ──▶ none left ──▶ reading ───┘
 *                                                                read │ ▲ ack
 *                                                                     ▼ │
 *                                                    apply, while the next read is under way
 */
export function createConsumer(deps: ConsumerDeps, options: ConsumerOptions): Consumer {
  const { reader, log, metrics } = deps;
  let recovering = true;
  let ahead: Promise<readonly Entry[]> | undefined;
  let stopping = false;

  const readNext = async (): Promise<readonly Entry[]> => {
    await deps.failPoint('before-read');
    return reader.read({ maxEntries: options.maxEntriesPerRead, maxBytes: options.maxBytesPerRead }, options);
  };

  const readAhead = (): Promise<readonly Entry[]> | undefined => {
    if (stopping) return undefined;
    const reading = readNext();
    reading.catch(() => {}); // reported by the step that awaits it
    return reading;
  };

  const isFull = (entries: readonly Entry[]): boolean =>
    entries.length >= options.maxEntriesPerRead ||
    entries.reduce((sum, entry) => sum + entryBytes(entry), 0) >= options.maxBytesPerRead;

  const finish = async ({ entries, lost }: PendingEntries): Promise<void> => {
    if (lost.length > 0) {
      metrics.lostEntries.inc(lost.length);
      log.error({ entryIds: lost }, 'pending entries are no longer in the stream: their events are lost');
      await reader.forget(lost);
    }
    if (entries.length === 0) return;
    await deps.failPoint('after-read');
    await deps.apply(entries);
    await deps.failPoint('after-commit');
    await reader.ack(entries);
    await deps.failPoint('after-acknowledge');
  };

  const recover = async (): Promise<void> => {
    // a read that is still under way may deliver more to us: wait for it, so that the look finds it
    await ahead?.catch(() => {});
    ahead = undefined;
    const pending = await reader.readOwnPending(PENDING_PER_READ);
    if (pending.entries.length === 0 && pending.lost.length === 0) recovering = false;
    else await finish(pending);
  };

  const step = async (): Promise<void> => {
    if (recovering) return recover();
    const entries = await (ahead ?? readNext());
    // a full read says that there is more: read it while the statement runs. Else the next read waits for the commit,
    // and finds what has come meanwhile: fewer and larger statements
    ahead = isFull(entries) ? readAhead() : undefined;
    await finish({ entries, lost: [] });
  };

  const tick = async (): Promise<void> => {
    try {
      await step();
    } catch (error) {
      recovering = true;
      if (isMissingGroup(error)) await deps.joinGroup();
      else throw error;
    }
  };

  /** Everything that was left behind, not just a helping: a member that died may have had hundreds. */
  const claimAll = async (): Promise<void> => {
    for (let done = false; !done && !stopping; ) {
      const claimed = await reader.claim(options.claimIdleMs, PENDING_PER_READ);
      done = claimed.done;
      if (claimed.entries.length > 0) {
        metrics.claimedEntries.inc(claimed.entries.length);
        log.info({ entries: claimed.entries.length }, 'claimed entries of a silent member');
      }
      await finish(claimed);
    }
  };

  /** A call trims a bounded number of entries; under load one a round would fall behind. */
  const trimAll = async (): Promise<void> => {
    for (let removed = TRIM_AGAIN; removed >= TRIM_AGAIN; ) {
      removed = await reader.trim();
      metrics.trimmedEntries.inc(removed);
    }
  };

  const maintain = async (): Promise<void> => {
    await reader.rewriteFile();
    await claimAll();
    await trimAll();
    await reader.removeIdleConsumers(options.claimIdleMs * FORGET_FACTOR);
  };

  const repeat = async (stop: AbortSignal, work: () => Promise<void>, everyMs: number): Promise<void> => {
    for (let failures = 0; !stop.aborted; ) {
      try {
        await work();
        failures = 0;
        await pause(everyMs, stop);
      } catch (error) {
        if (error instanceof GaveUpError) return;
        failures += 1;
        const waitMs = backoffMs(failures, options.backoff, deps.random());
        log.warn({ err: error, failures, waitMs }, 'step failed, trying again');
        await pause(waitMs, stop);
      }
    }
  };

  const leave = async (): Promise<void> => {
    try {
      if (!recovering) await finish({ entries: (await ahead) ?? [], lost: [] });
      await reader.leave();
    } catch (error) {
      log.warn({ err: error }, 'could not finish what was read; it stays pending and is delivered again');
    }
  };

  return {
    tick,
    maintain,
    async run(stop) {
      stop.addEventListener('abort', () => {
        stopping = true;
      });
      await Promise.all([repeat(stop, tick, 0), repeat(stop, maintain, options.maintenanceIntervalMs)]);
      await leave();
    },
  };
}

function isMissingGroup(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'NOGROUP';
}
