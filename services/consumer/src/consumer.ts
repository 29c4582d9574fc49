import { type Entry, entryBytes, type PendingEntries, type StreamReader } from '@oncelog/event-stream';
import { type Backoff, backoffMs, type FailPoint, type Logger, pause } from '@oncelog/service-kit';
import { GaveUpError } from './apply-entries.ts';
import type { ConsumerMetrics, ConsumerState } from './metrics.ts';

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
  readonly onState?: (state: ConsumerState) => void;
  /** When this process started, and what it is: for those who look at the group. */
  readonly startedAt: Date;
  readonly version: string;
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
  tick(stop?: AbortSignal): Promise<void>;
  /** One round of claiming, trimming, forgetting dead members, and care for Redis's file. */
  maintain(): Promise<void>;
  /** Says that this member is there. Not a part of the others: it is alive while they wait for Postgres. */
  announce(): Promise<void>;
  /** Steps and rounds until the signal aborts; then finishes what is in hand, and leaves the group. */
  run(stop: AbortSignal): Promise<void>;
}

/** Recovered and claimed entries are taken in small helpings: their sizes are not known beforehand. */
const PENDING_PER_READ = 16;
const NEVER = new AbortController().signal;
/** The name of a member without pending entries is forgotten after this many times the claim time. */
const FORGET_FACTOR = 20;
/** The reader counts the bytes of an entry's other fields as well. */
const NEARLY = 0.9;
/** A member that was not heard of for five times as long is shown as silent. */
const ANNOUNCE_INTERVAL_MS = 2_000;
/** Of events of some 200 bytes these are 300. */
const SMALL_READ_BYTES = 65_536;
/** A call that has trimmed this many entries has probably left some. */
const TRIM_AGAIN = 5_000;

/**
 *        ┌────────────── any error: what is pending for us is not known ◀──────────────┐
 *        ▼                                                                             │
 *   recovering ── own pending entries: apply, acknowledge ──▶ none left ──▶ reading ───┘
 *                                                       read, and ack │ ▲
 *                                                     what was applied  ▼ │ commit
 *                                                                      apply
 */
export function createConsumer(deps: ConsumerDeps, options: ConsumerOptions): Consumer {
  const { reader, log, metrics } = deps;
  let recovering = true;
  const become = (state: ConsumerState): void => {
    recovering = state === 'recovering';
    deps.onState?.(state);
  };
  let ahead: Promise<readonly Entry[]> | undefined;
  /** Committed, and not yet acknowledged. */
  let applied: readonly Entry[] = [];
  /** Since it was announced last. */
  let hasApplied = false;
  let stopping = false;

  const readAhead = (): Promise<readonly Entry[]> => {
    const { maxEntriesPerRead: maxEntries, maxBytesPerRead: maxBytes } = options;
    const reading = deps
      .failPoint('before-read')
      .then(() => metrics.readSeconds.time(() => reader.read({ maxEntries, maxBytes }, options)));
    reading.catch(() => {}); // reported by the step that awaits it
    return reading;
  };

  const isFull = (entries: readonly Entry[]): boolean =>
    entries.length >= options.maxEntriesPerRead || bytesOf(entries) >= options.maxBytesPerRead * NEARLY;

  const apply = async (entries: readonly Entry[]): Promise<void> => {
    if (entries.length === 0) return;
    await deps.failPoint('after-read');
    await deps.apply(entries);
    hasApplied = true;
    await deps.failPoint('after-commit');
  };

  const acknowledge = async (entries: readonly Entry[]): Promise<void> => {
    if (entries.length === 0) return;
    await metrics.ackSeconds.time(() => reader.ack(entries));
    await deps.failPoint('after-acknowledge');
  };

  const forget = async (lost: readonly string[]): Promise<void> => {
    if (lost.length === 0) return;
    metrics.lostEntries.inc(lost.length);
    log.error({ entryIds: lost }, 'pending entries are no longer in the stream: their events are lost');
    await reader.forget(lost);
  };

  const finish = async ({ entries, lost }: PendingEntries): Promise<void> => {
    await forget(lost);
    await apply(entries);
    await acknowledge(entries);
  };

  const recover = async (): Promise<void> => {
    // a read that is still under way may deliver more to us: wait for it, so that the look finds it
    await ahead?.catch(() => {});
    ahead = undefined;
    applied = []; // still pending: the look finds them, and the ledger knows them
    const pending = await reader.readOwnPending(PENDING_PER_READ);
    if (pending.entries.length === 0 && pending.lost.length === 0) become('reading');
    else await finish(pending);
  };

  /** With the read, not before it: Redis writes both to its disk at once. */
  const readAndAcknowledge = async (): Promise<readonly Entry[]> => {
    ahead ??= readAhead();
    const [entries] = await Promise.all([ahead, acknowledge(applied)]);
    ahead = undefined; // not where the other failed: recovering waits for it
    applied = [];
    return entries;
  };

  const step = async (stop: AbortSignal): Promise<void> => {
    if (recovering) return recover();
    const entries = await readAndAcknowledge();
    // a full read says that there is more: it is read while the statement runs
    if (isFull(entries) && !stopping) ahead = readAhead();
    await apply(entries);
    applied = entries;
    if (isSmall(entries)) await pause(options.lingerMs, stop);
  };

  const tick = async (stop: AbortSignal = NEVER): Promise<void> => {
    try {
      await step(stop);
    } catch (error) {
      become('recovering');
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
    await claimAll();
    await trimAll();
    await reader.removeIdleConsumers(options.claimIdleMs * FORGET_FACTOR);
    await reader.rewriteFile();
  };

  const announce = async (): Promise<void> => {
    const { startedAt, version } = deps;
    const presence = { startedAt, version, applied: hasApplied };
    hasApplied = false;
    await reader.announce(presence);
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
      if (!recovering) {
        await acknowledge(applied);
        await finish({ entries: (await ahead) ?? [], lost: [] });
      }
      await reader.leave();
    } catch (error) {
      log.warn({ err: error }, 'could not finish what was read; it stays pending and is delivered again');
    }
  };

  return {
    tick,
    maintain,
    announce,
    async run(stop) {
      stop.addEventListener('abort', () => {
        stopping = true;
      });
      await Promise.all([
        repeat(stop, () => tick(stop), 0),
        repeat(stop, maintain, options.maintenanceIntervalMs),
        // the others say what is wrong with Redis
        repeat(stop, () => announce().catch(() => {}), ANNOUNCE_INTERVAL_MS),
      ]);
      await leave();
    },
  };
}

function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
}

/** Worth waiting for more: a statement costs about as much as applying 30 events. */
function isSmall(entries: readonly Entry[]): boolean {
  return entries.length > 0 && bytesOf(entries) < SMALL_READ_BYTES;
}

function isMissingGroup(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'NOGROUP';
}
