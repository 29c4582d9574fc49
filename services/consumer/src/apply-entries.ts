import {
  applyBatches,
  type BatchOutcome,
  type Database,
  recordRepeatedEntries,
  type StoreBatch,
} from '@oncelog/event-store';
import { type BatchEntry, type Entry, entryBytes } from '@oncelog/event-stream';
import { type Backoff, backoffMs, type FailPoint, type Logger, pause } from '@oncelog/service-kit';
import type { ApplyTrace, StartApplyTrace } from './apply-trace.ts';
import { buryWhole, foreignBatch, separateDead, textOf } from './dead-letters.ts';
import { traceIdFields } from './entry-traces.ts';
import { type ConsumerMetrics, deadLetterClass, secondsSinceAppend } from './metrics.ts';
import { failureKind } from './sqlstate.ts';

export interface ApplyDeps {
  readonly database: Database;
  readonly log: Logger;
  readonly metrics: ConsumerMetrics;
  readonly now: () => Date;
  readonly random: () => number;
  readonly failPoint: FailPoint;
  /** Aborted when the service stops and what is in hand may be given up: the entries stay pending. */
  readonly giveUp: AbortSignal;
  readonly startTrace: StartApplyTrace;
}

/** With the trace of what is being applied. */
interface TracedDeps extends ApplyDeps {
  readonly trace: ApplyTrace;
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
  const trace = deps.startTrace(entries);
  try {
    await applyAll({ ...deps, trace }, config, entries);
    trace.end();
  } catch (error) {
    trace.end(error);
    throw error;
  }
}

async function applyAll(deps: TracedDeps, config: ApplyConfig, entries: readonly Entry[]): Promise<void> {
  const { batches, repeats } = distinctBatches(entries);
  for (const helping of helpingsOf(batches)) await applyHelping(deps, config, helping);
  // a repeat in the same read: the ledger has its batch by now
  if (repeats.length > 0) await applyAll(deps, config, repeats);
}

async function applyHelping(deps: TracedDeps, config: ApplyConfig, entries: readonly Entry[]): Promise<void> {
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
async function applySeparated(deps: TracedDeps, config: ApplyConfig, entry: BatchEntry): Promise<void> {
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
  deps: TracedDeps,
  config: ApplyConfig,
  { entries, asStored }: Work,
): Promise<void> {
  const attempt = async (): Promise<void> => {
    const batches = await Promise.all(entries.map(asStored));
    const stop = deps.metrics.applySeconds.startTimer();
    const applying = deps.trace.statement(() => applyBatches(deps.database, batches, config));
    applying.catch(() => {}); // awaited below; the fail point may come in between
    await deps.failPoint('in-statement');
    const outcomes = await applying;
    stop();
    deps.trace.applied(outcomes);
    await recordRepeats(deps, config, { entries, outcomes });
    report(deps, { entries, batches, outcomes });
  };
  await untilDone(deps, { backoff: config.backoff, entries, attempt });
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
  const repeating = entries
    .filter((entry): entry is BatchEntry => entry.kind === 'batch')
    .filter((entry) => {
      const outcome = known.get(entry.batchId);
      return outcome !== undefined && !isFirst(entry, outcome);
    });
  if (repeating.length === 0) return;
  for (const entry of repeating) {
    const { id: entryId, batchId } = entry;
    deps.log.debug({ batchId, entryId, ...traceIdFields([entry]) }, 'entry repeats a batch');
  }
  const repeated = repeating.map(({ id, batchId, events, epoch }) => ({
    entryId: id,
    batchId,
    events,
    epoch,
  }));
  await recordRepeatedEntries(deps.database, repeated, config);
}

interface Applied {
  readonly entries: readonly Entry[];
  readonly batches: readonly StoreBatch[];
  readonly outcomes: readonly BatchOutcome[];
}

function report({ log, metrics, now }: ApplyDeps, { entries, batches, outcomes }: Applied): void {
  const dead = new Map(batches.map(({ batchId, dead }) => [batchId, dead]));
  const nowMs = now().getTime();
  const applied = outcomes.filter((outcome) => outcome.applied);
  const sum = (of: (outcome: BatchOutcome) => number) =>
    applied.reduce((total, outcome) => total + of(outcome), 0);
  const received = sum((outcome) => outcome.received);
  const unique = sum((outcome) => outcome.unique_processed);
  const buried = sum((outcome) => outcome.dead_lettered);
  metrics.repeatedBatches.inc(outcomes.length - applied.length);
  metrics.events.inc({ outcome: 'unique' }, unique);
  metrics.events.inc({ outcome: 'duplicate' }, received - unique);
  metrics.events.inc({ outcome: 'dead_letter' }, buried);
  metrics.statementEntries.observe(batches.length);
  metrics.statementEvents.observe(received + buried);
  for (const { entry_id: entryId, batch_id: batchId } of applied) {
    metrics.appendToCommit.observe(secondsSinceAppend(entryId, nowMs));
    for (const { position, events, code, reason } of dead.get(batchId) ?? []) {
      metrics.deadLetters.inc({ class: deadLetterClass(code) }, events);
      const trace = traceIdFields(entries.filter(({ id }) => id === entryId));
      log.warn({ batchId, entryId, position, code, reason, ...trace }, 'event became a dead letter');
    }
  }
  if (log.isLevelEnabled('debug')) {
    const counts = { events: received + buried, unique, duplicates: received - unique, deadLetters: buried };
    log.debug({ entries: entries.length, ...counts, ...traceIdFields(entries) }, 'entries applied');
  }
}

interface RetriedWork {
  readonly backoff: Backoff;
  /** Where they are several, the caller can take them one by one. */
  readonly entries: readonly Entry[];
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
  const divisible = work.entries.length > 1;
  for (let tries = 1; ; tries += 1) {
    try {
      return await untilAborted(work.attempt(), deps.giveUp);
    } catch (error) {
      const kind = failureKind(error);
      if (kind === 'data' || (divisible && tries >= TRIES_TOGETHER[kind])) throw error;
      if (deps.giveUp.aborted) throw new GaveUpError({ cause: error });
      deps.metrics.retries.inc({ kind });
      const quiet = kind === 'race' && tries < QUIET_RACES;
      const waitMs = quiet ? 0 : backoffMs(tries, work.backoff, deps.random());
      if (!quiet) {
        const trace = traceIdFields(work.entries);
        deps.log.warn({ err: error, tries, waitMs, ...trace }, 'could not apply, trying again');
      }
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
