import { isUtf8 } from 'node:buffer';
import {
  applyBatches,
  type BatchOutcome,
  type Database,
  recordRepeatedEntries,
  type StoreBatch,
} from '@oncelog/event-store';
import type { BatchEntry, Entry } from '@oncelog/event-stream';
import { type Backoff, backoffMs, type FailPoint, type Logger, pause } from '@oncelog/service-kit';
import { buryWhole, foreignBatch, separateDead } from './dead-letters.ts';
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
  try {
    await applyTogether(deps, config, {
      entries: batches,
      asStored: (entry) => asBatch(entry, config.shard),
    });
  } catch (error) {
    if (failureKind(error) !== 'data') throw error;
    for (const entry of batches) await applyAlone(deps, config, entry);
  }
  // a repeat in the same read: the ledger has its batch by now
  if (repeats.length > 0) await applyEntries(deps, config, repeats);
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

/** From hopeful to certain: as it is, without the refused events, and as a dead letter as a whole. */
async function applyAlone(deps: ApplyDeps, config: ApplyConfig, entry: Entry): Promise<void> {
  const ways: Work['asStored'][] = [(one) => asBatch(one, config.shard)];
  if (entry.kind === 'batch') {
    ways.push(() => separateDead(deps.database, entry));
    ways.push(() => buryWhole(entry, 'Postgres refuses the batch, but none of its events alone'));
  }
  let refusal: unknown;
  for (const asStored of ways) {
    try {
      return await applyTogether(deps, config, { entries: [entry], asStored });
    } catch (error) {
      if (failureKind(error) !== 'data') throw error;
      refusal = error;
    }
  }
  throw refusal;
}

function asBatch(entry: Entry, shard: number): StoreBatch {
  if (entry.kind === 'foreign') return foreignBatch(entry, shard);
  // what is not UTF-8 cannot be JSON; replacing its bytes might make it so
  const body = isUtf8(entry.body) ? entry.body.toString() : 'not UTF-8';
  return { batchId: entry.batchId, entryId: entry.id, epoch: entry.epoch, body, dead: [] };
}

async function applyTogether(
  deps: ApplyDeps,
  config: ApplyConfig,
  { entries, asStored }: Work,
): Promise<void> {
  await untilDone(deps, config.backoff, async () => {
    const batches = await Promise.all(entries.map(asStored));
    const stop = deps.metrics.applySeconds.startTimer();
    const applying = applyBatches(deps.database, batches, config);
    applying.catch(() => {}); // awaited below; the fail point may come in between
    await deps.failPoint('in-statement');
    const outcomes = await applying;
    stop();
    await recordRepeats(deps, config, { entries, outcomes });
    report(deps, batches, outcomes);
  });
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

/** Tries until it works. Data errors are the caller's to handle; everything else is tried again for ever. */
async function untilDone(deps: ApplyDeps, backoff: Backoff, attempt: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const kind = failureKind(error);
      if (kind === 'data') throw error;
      if (deps.giveUp.aborted) throw new GaveUpError({ cause: error });
      deps.metrics.retries.inc({ kind });
      const waitMs = kind === 'race' && tries < 10 ? 0 : backoffMs(tries, backoff, deps.random());
      if (kind === 'outage') deps.log.warn({ err: error, tries, waitMs }, 'could not apply, trying again');
      await pause(waitMs, deps.giveUp);
    }
  }
}
