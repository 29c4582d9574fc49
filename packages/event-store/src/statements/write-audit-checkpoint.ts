import type { Database } from '../database.ts';
import type { AuditCheckpoint } from './read-audit-checkpoint.ts';
import type { AuditFigures } from './read-audit-figures.ts';

export interface NextCheckpoint {
  readonly checkpoint: AuditCheckpoint;
  /** The candidate from now on; null keeps the one that is there. */
  readonly candidate: AuditFigures['next'];
}

/**
 * Stores how far the audit has counted, unless somebody else has since the checkpoint of this version was read.
 * Locks: the one row of audit_checkpoint.
 */
export async function writeAuditCheckpoint(
  database: Database,
  { checkpoint, candidate }: NextCheckpoint,
): Promise<void> {
  await database.run(
    (sql) => sql`
    UPDATE audit_checkpoint SET
      version = version + 1,
      seq = ${checkpoint.seq}::bigint,
      events = ${checkpoint.events}::bigint,
      applied_before = ${checkpoint.appliedBefore}::text::timestamptz,
      batches = ${checkpoint.batches}::bigint,
      received = ${checkpoint.received}::bigint,
      unique_processed = ${checkpoint.uniqueProcessed}::bigint,
      dead_lettered = ${checkpoint.deadLettered}::bigint,
      candidate_seq = coalesce(${candidate?.seq ?? null}::bigint, candidate_seq),
      candidate_taken_at = coalesce(${candidate?.applied_before ?? null}::text::timestamptz, candidate_taken_at),
      candidate_xid = coalesce(${candidate?.xid ?? null}::text::xid8, candidate_xid)
    WHERE version = ${checkpoint.version}::bigint`,
  );
}
