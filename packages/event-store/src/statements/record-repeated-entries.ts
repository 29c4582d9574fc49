import type { Database } from '../database.ts';
import type { Origin } from './apply-batches.ts';

/** An entry whose batch another entry had brought before. */
export interface RepeatedEntry {
  readonly entryId: string;
  readonly batchId: string;
  readonly events: number;
  readonly epoch: string;
}

/** Retention took a batch out of the ledger between the look at it and now: what brings it again is a new batch. */
export class BatchPrunedError extends Error {
  /** That of a serialization failure: tried again, it finds other conditions. */
  readonly code = '40001';

  constructor() {
    super('a repeated batch was pruned from the ledger meanwhile');
    this.name = 'BatchPrunedError';
  }
}

/**
 * Counts entries that repeat a batch, each once: they were appended, but bring nothing new, so that
 * `accepted = appended - repeated` counts every batch once. Marks the batch in the ledger, so that it is not pruned
 * while such an entry may be delivered again: it would then be counted both as repeated and as applied.
 *
 * Locks: the ledger's rows of the batches, sorted; repeated_entries_pkey, sorted; then this stripe's accounts, sorted.
 *
 * @throws {BatchPrunedError} when one of the batches is no longer in the ledger. The others are counted; trying again
 *   is safe
 */
export async function recordRepeatedEntries(
  database: Database,
  entries: readonly RepeatedEntry[],
  { shard, stripe }: Origin,
): Promise<void> {
  const rows = JSON.stringify(
    entries.map(({ entryId, batchId, events, epoch }) => ({
      entry_id: entryId,
      batch_id: batchId,
      events,
      epoch,
    })),
  );
  const missing = await database.run(
    (sql) => sql`
    WITH entry AS MATERIALIZED (
      SELECT * FROM json_to_recordset(${rows}::text::json)
        AS entry (entry_id text COLLATE "C", batch_id uuid, events integer, epoch text COLLATE "C")
    ),
    known AS MATERIALIZED (
      SELECT batch_id FROM applied_batches WHERE batch_id IN (SELECT batch_id FROM entry)
      ORDER BY batch_id FOR NO KEY UPDATE
    ),
    marked AS (
      UPDATE applied_batches SET last_repeated_at = now() FROM known WHERE applied_batches.batch_id = known.batch_id
    ),
    recorded AS (
      INSERT INTO repeated_entries (shard, entry_id, batch_id, events)
      SELECT ${shard}::smallint, entry_id, batch_id, events FROM entry JOIN known USING (batch_id) ORDER BY entry_id
      ON CONFLICT (shard, entry_id) DO NOTHING
      RETURNING entry_id, events
    ),
    accounts AS (
      INSERT INTO stream_accounts AS account (stripe, shard, epoch, repeated)
      SELECT ${stripe}::smallint, ${shard}::smallint, entry.epoch, sum(recorded.events)
      FROM recorded JOIN entry USING (entry_id) GROUP BY entry.epoch ORDER BY entry.epoch
      ON CONFLICT (stripe, shard, epoch) DO UPDATE SET repeated = account.repeated + excluded.repeated
    )
    SELECT FROM entry WHERE batch_id NOT IN (SELECT batch_id FROM known)`,
  );
  if (missing.length > 0) throw new BatchPrunedError();
}
