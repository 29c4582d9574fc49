import {
  type AuditCheckpoint,
  type AuditFigures,
  type Database,
  type LedgerSums,
  readAuditFigures,
} from '@oncelog/event-store';
import type { ShardTotals, StreamWriter } from '@oncelog/event-stream';

export interface MeasureDeps {
  readonly stream: StreamWriter;
  readonly database: Database;
}

/** What an audit compares. */
export interface Measurement {
  /** Whether every row was counted. */
  readonly full: boolean;
  /** The streams' totals, before and after everything else was read from Postgres. */
  readonly before: readonly ShardTotals[];
  readonly figures: AuditFigures;
  readonly after: readonly ShardTotals[];
  /** Events that were ever stored, and the sums over all batches that were ever applied, as counted by rows. */
  readonly stored: number;
  readonly ledger: LedgerSums;
}

/** Where a checkpoint stands that nothing was counted for. */
const BEGINNING = { seq: '0', appliedBefore: '-infinity' };

/**
 * Reads the streams' totals, then everything in Postgres at one moment, then the totals again: what was acknowledged
 * before that moment must be stored at it, and what is stored at it must have been appended before the end.
 *
 * @param full counts every row, instead of those after the checkpoint
 */
export async function measure(
  { stream, database }: MeasureDeps,
  checkpoint: AuditCheckpoint,
  full: boolean,
): Promise<Measurement> {
  const fromBeginning =
    full || (checkpoint.seq === BEGINNING.seq && checkpoint.appliedBefore === BEGINNING.appliedBefore);
  const from = fromBeginning ? { ...checkpoint, ...BEGINNING } : checkpoint;
  const before = await stream.totals();
  const figures = await readAuditFigures(database, from);
  const after = await stream.totals();
  const counted = fromBeginning
    ? { events: figures.retired, ledger: figures.pruned }
    : { events: checkpoint.events, ledger: ledgerOf(checkpoint) };
  return {
    full: fromBeginning,
    before,
    figures,
    after,
    stored: counted.events + figures.rows,
    ledger: add(counted.ledger, figures.ledger),
  };
}

/**
 * The checkpoint after a measurement, and whether there is anything to write. It holds what was counted, not what the
 * counters say: a difference that was found once stays to be seen.
 */
export function checkpointAfter(
  checkpoint: AuditCheckpoint,
  { full, figures: { settled, next, retired, pruned } }: Measurement,
): AuditCheckpoint | undefined {
  if (settled === null || (!full && next === null)) return undefined;
  const counted = full
    ? { events: retired, ledger: pruned }
    : { events: checkpoint.events, ledger: ledgerOf(checkpoint) };
  const ledger = add(counted.ledger, settled.ledger);
  return {
    version: checkpoint.version,
    seq: settled.seq,
    events: counted.events + settled.rows,
    appliedBefore: settled.applied_before,
    batches: ledger.batches,
    received: ledger.received,
    uniqueProcessed: ledger.unique_processed,
    deadLettered: ledger.dead_lettered,
  };
}

function ledgerOf({ batches, received, uniqueProcessed, deadLettered }: AuditCheckpoint): LedgerSums {
  return { batches, received, unique_processed: uniqueProcessed, dead_lettered: deadLettered };
}

function add(one: LedgerSums, other: LedgerSums): LedgerSums {
  return {
    batches: one.batches + other.batches,
    received: one.received + other.received,
    unique_processed: one.unique_processed + other.unique_processed,
    dead_lettered: one.dead_lettered + other.dead_lettered,
  };
}
