import {
  applyBatches,
  type BatchOutcome,
  type Database,
  recordRepeatedEntries,
  type StoreBatch,
} from '@oncelog/event-store';
import { type BatchEntry, type Entry, entryBytes } from '@oncelog/event-stream';
import { type Backoff, backoffMs, type FailPoint, type Logger, pause } from '@oncelog/service-kit';
import { buryWhole, foreignBatch, separateDead, textOf } from './dead-letters.ts';
import type { ConsumerMetrics } from './metrics.ts';
import { failureKind } from './sqlstate.ts';

export interface ApplyDeps {
  readonly database: Database;
  readonly log: Logger;
  readonly metrics: ConsumerMetrics;
  readonly random: () => number;
  readonly failPoint: FailPoint;
  /** Aborted when the service stops and what is in hand may be given up: the entries stay pending. */
  readonly giveUp: AbortSignal;
}

export interface ApplyConfig {
  readonly shard: number;
  /** Which of the counters' stripes this member writes. */
  readonly stripe: number;
  readonly backoff: Backoff;
}

/** The service stops while a statement keeps failing. The entries stay pending and are delivered again. */
export class GaveUpError extends Error {
  constructor(options?: ErrorOptions) {
    super('stopping: what could not be applied stays pending', options);
    this.name = 'GaveUpError';
  }
}

/**
 * Applies entries until they are committed; only then may they be acknowledged. Several entries go into one
 * statement; where Postgres refuses the data of one, each goes into one of its own, and the refused events are
 * buried. Every other failure is tried again for ever.
 *
 * @throws {GaveUpError} when the service stops meanwhile
 */
export async function applyEntries(
  deps: ApplyDeps,
  config: ApplyConfig,
  entries: readonly Entry[],
): Promise<void> {
  if (entries.length === 0) return;
  const { batches, repeats } = distinctBatches(entries);
  for (const helping of helpingsOf(batches)) await applyHelping(deps, config, helping);
  // a repeat in the same read: the ledger has its batch by now
  if (repeats.length > 0) await applyEntries(deps, config, repeats);
}

async function applyHelping(deps: ApplyDeps, config: ApplyConfig, entries: readonly Entry[]): Promise<void> {
  try {
    await applyTogether(deps, config, { entries, asStored: (entry) => asBatch(entry, config.shard) });
  } catch (error) {
    const kind = failureKind(error);
    const [first, ...others] = entries;
    if (others.length > 0 && kind !== 'race' && !(error instanceof GaveUpError)) {
      for (const entry of entries) await applyHelping(deps, config, [entry]);
    } else if (kind === 'data' && first?.kind === 'batch') await applySeparated(deps, config, first);
    else throw error;
  }
}

/**
 * A statement holds one entry at least. Postgres takes up to 200 bytes of memory for each byte of a hostile body (`{},{},…`),
 * so large ones should not come together. A read of usual entries fits.
 */
const MAX_STATEMENT_BYTES = 4 * 1024 * 1024;

function helpingsOf(entries: readonly Entry[]): Entry[][] {
  const helpings: Entry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    bytes += entryBytes(entry);
    if (bytes > MAX_STATEMENT_BYTES) {
      helpings.push([]);
      bytes = entryBytes(entry);
    }
    helpings.at(-1)?.push(entry);
  }
  return helpings;
}

/** The first entry of each batch, and what repeats one of them: a statement takes a batch once. */
function distinctBatches(entries: readonly Entry[]): { batches: Entry[]; repeats: Entry[] } {
  const seen = new Set<string>();
  const batches: Entry[] = [];
  const repeats: Entry[] = [];
  for (const entry of entries) {
    const id = entry.kind === 'batch' ? entry.batchId : entry.id;
    (seen.has(id) ? repeats : batches).push(entry);
    seen.add(id);
  }
  return { batches, repeats };
}

interface Work {
  readonly entries: readonly Entry[];
  readonly asStored: (entry: Entry) => StoreBatch | Promise<StoreBatch>;
}

/** A batch that Postgres has refused: without the refused events, or else as a dead letter as a whole. */
async function applySeparated(deps: ApplyDeps, config: ApplyConfig, entry: BatchEntry): Promise<void> {
  try {
    const asStored = () => separateDead(deps.database, entry);
    await applyTogether(deps, config, { entries: [entry], asStored });
  } catch (error) {
    if (failureKind(error) !== 'data') throw error;
    const asStored = () => buryWhole(entry, 'Postgres refuses the batch, but none of its events alone');
    await applyTogether(deps, config, { entries: [entry], asStored });
  }
}

function asBatch(entry: Entry, shard: number): StoreBatch {
  if (entry.kind === 'foreign') return foreignBatch(entry, shard);
  const { batchId, id: entryId, epoch, events } = entry;
  // what is not UTF-8 cannot be JSON; replacing its bytes might make it so
  const body = textOf(entry.body) ?? 'unreadable';
  return { batchId, entryId, epoch, events, body, dead: [] };
}

async function applyTogether(
  deps: ApplyDeps,
  config: ApplyConfig,
  { entries, asStored }: Work,
): Promise<void> {
  const attempt = async (): Promise<void> => {
    const batches = await Promise.all(entries.map(asStored));
    const stop = deps.metrics.applySeconds.startTimer();
    const applying = applyBatches(deps.database, batches, config);
    applying.catch(() => {}); // awaited below; the fail point may come in between
    await deps.failPoint('in-statement');
    const outcomes = await applying;
    stop();
    await recordRepeats(deps, config, { entries, outcomes });
    report(deps, batches, outcomes);
  };
  await untilDone(deps, { backoff: config.backoff, divisible: entries.length > 1, attempt });
}

/** An entry whose batch the ledger has from another entry repeats it: a retried request or append. */
async function recordRepeats(
  deps: ApplyDeps,
  config: ApplyConfig,
  { entries, outcomes }: { entries: readonly Entry[]; outcomes: readonly BatchOutcome[] },
): Promise<void> {
  const known = new Map(
    outcomes.filter(({ applied }) => !applied).map((outcome) => [outcome.batch_id, outcome]),
  );
  const isFirst = (entry: BatchEntry, { shard, entry_id }: BatchOutcome) =>
    shard === config.shard && entry_id === entry.id;
  const repeated = entries
    .filter((entry): entry is BatchEntry => entry.kind === 'batch')
    .filter((entry) => {
      const outcome = known.get(entry.batchId);
      return outcome !== undefined && !isFirst(entry, outcome);
    })
    .map(({ id, batchId, events, epoch }) => ({ entryId: id, batchId, events, epoch }));
  if (repeated.length > 0) await recordRepeatedEntries(deps.database, repeated, config);
}

function report(
  { log, metrics }: ApplyDeps,
  batches: readonly StoreBatch[],
  outcomes: readonly BatchOutcome[],
): void {
  const dead = new Map(batches.map(({ batchId, dead }) => [batchId, dead]));
  for (const outcome of outcomes) {
    if (!outcome.applied) {
      metrics.repeatedBatches.inc();
      continue;
    }
    metrics.events.inc({ outcome: 'unique' }, outcome.unique_processed);
    metrics.events.inc({ outcome: 'duplicate' }, outcome.received - outcome.unique_processed);
    metrics.events.inc({ outcome: 'dead_letter' }, outcome.dead_lettered);
    for (const { position, code, reason } of dead.get(outcome.batch_id) ?? []) {
      const { batch_id: batchId, entry_id: entryId } = outcome;
      log.warn({ batchId, entryId, position, code, reason }, 'event became a dead letter');
    }
  }
}

interface RetriedWork {
  readonly backoff: Backoff;
  /** Several entries, which the caller can take one by one. */
  readonly divisible: boolean;
  readonly attempt: () => Promise<void>;
}

/**
 * So often a statement is tried as it is, before its entries are taken one by one. An outage may be the work of one
 * of them: of a size that makes Postgres run out of memory and be killed.
 */
const TRIES_TOGETHER = { slow: 2, outage: 20, race: Number.POSITIVE_INFINITY };
/** A race that is lost more often than this is worth a look. */
const QUIET_RACES = 10;

/**
 * Tries until it works. Data errors are the caller's to handle, and what keeps failing for several entries together;
 * everything else is tried again for ever.
 *
 * A service that stops does not wait for a statement that hangs: whether it takes effect or not, the entries stay
 * pending, and the ledger knows.
 */
async function untilDone(deps: ApplyDeps, work: RetriedWork): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await untilAborted(work.attempt(), deps.giveUp);
    } catch (error) {
      const kind = failureKind(error);
      if (kind === 'data' || (work.divisible && tries >= TRIES_TOGETHER[kind])) throw error;
      if (deps.giveUp.aborted) throw new GaveUpError({ cause: error });
      deps.metrics.retries.inc({ kind });
      const quiet = kind === 'race' && tries < QUIET_RACES;
      const waitMs = quiet ? 0 : backoffMs(tries, work.backoff, deps.random());
      if (!quiet) deps.log.warn({ err: error, tries, waitMs }, 'could not apply, trying again');
      await pause(waitMs, deps.giveUp);
    }
  }
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new GaveUpError());
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  work.catch(() => {}); // nobody waits for it after giving up
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
