import type { Database } from '../database.ts';
import type { Origin } from './apply-batches.ts';

/** An entry whose batch another entry had brought before. */
export interface RepeatedEntry {
  readonly entryId: string;
  readonly batchId: string;
  readonly events: number;
  readonly epoch: string;
}

/**
 * Counts entries that repeat a batch, each once: they were appended, but bring nothing new, so that
 * `accepted = appended - repeated` counts every batch once.
 *
 * Locks: repeated_entries_pkey, sorted; then this stripe's accounts, sorted.
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
  await database.run(
    (sql) => sql`
    WITH entry AS MATERIALIZED (
      SELECT * FROM json_to_recordset(${rows}::text::json)
        AS entry (entry_id text COLLATE "C", batch_id uuid, events integer, epoch text COLLATE "C")
    ),
    recorded AS (
      INSERT INTO repeated_entries (shard, entry_id, batch_id, events)
      SELECT ${shard}::smallint, entry_id, batch_id, events FROM entry ORDER BY entry_id
      ON CONFLICT (shard, entry_id) DO NOTHING
      RETURNING entry_id, events
    )
    INSERT INTO stream_accounts AS account (stripe, shard, epoch, repeated)
    SELECT ${stripe}::smallint, ${shard}::smallint, entry.epoch, sum(recorded.events)
    FROM recorded JOIN entry USING (entry_id) GROUP BY entry.epoch ORDER BY entry.epoch
    ON CONFLICT (stripe, shard, epoch) DO UPDATE SET repeated = account.repeated + excluded.repeated`,
  );
}
