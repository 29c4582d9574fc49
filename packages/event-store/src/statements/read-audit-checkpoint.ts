import type { Database } from '../database.ts';

/** How far the audit has counted, and what it found. Numbers are in decimal: bigints. */
export interface AuditCheckpoint {
  /** Changes with every write. */
  readonly version: string;
  /** Events with a seq up to this are counted. */
  readonly seq: string;
  /** How many of them were ever stored. */
  readonly events: number;
  /** Ledger rows that were applied before this are counted. */
  readonly appliedBefore: string;
  /** The sums of those that ever were. */
  readonly batches: number;
  readonly received: number;
  readonly uniqueProcessed: number;
  readonly deadLettered: number;
}

/** The one row of audit_checkpoint. Locks nothing. */
export async function readAuditCheckpoint(database: Database): Promise<AuditCheckpoint> {
  const [row] = await database.run(
    (sql) => sql<Record<keyof AuditCheckpoint, string>[]>`
    SELECT version::text, seq::text, events::text, applied_before::text AS "appliedBefore", batches::text, received::text,
      unique_processed::text AS "uniqueProcessed", dead_lettered::text AS "deadLettered"
    FROM audit_checkpoint`,
  );
  if (row === undefined) throw new Error('audit_checkpoint has lost its row');
  return {
    version: row.version,
    seq: row.seq,
    events: Number(row.events),
    appliedBefore: row.appliedBefore,
    batches: Number(row.batches),
    received: Number(row.received),
    uniqueProcessed: Number(row.uniqueProcessed),
    deadLettered: Number(row.deadLettered),
  };
}
