import type { Database } from '../database.ts';

/** An entry whose batch another entry had brought before. */
export interface RepeatedEntry {
  readonly entryId: string;
  readonly batchId: string;
  readonly events: number;
}

/**
 * Counts entries that repeat a batch, each once: they were appended, but bring nothing new, so that
 * `accepted = appended - repeated` counts every batch once.
 *
 * Locks: repeated_entries_pkey, sorted; then this stripe's counter.
 */
export async function recordRepeatedEntries(
  database: Database,
  entries: readonly RepeatedEntry[],
  stripe: number,
): Promise<void> {
  const rows = JSON.stringify(
    entries.map(({ entryId, batchId, events }) => ({ entry_id: entryId, batch_id: batchId, events })),
  );
  await database.run(
    (sql) => sql`
    WITH recorded AS (
      INSERT INTO repeated_entries (entry_id, batch_id, events)
      SELECT entry_id, batch_id, events
      FROM json_to_recordset(${rows}::text::json) AS entry (entry_id text, batch_id uuid, events integer)
      ORDER BY entry_id COLLATE "C"
      ON CONFLICT (entry_id) DO NOTHING
      RETURNING events
    )
    INSERT INTO event_stats AS stats (stripe, topic, repeated)
    SELECT ${stripe}::smallint, '', sum(events) FROM recorded HAVING count(*) > 0
    ON CONFLICT (stripe, topic) DO UPDATE SET repeated = stats.repeated + excluded.repeated`,
  );
}
