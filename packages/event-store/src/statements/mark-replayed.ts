import type { Database } from '../database.ts';

/**
 * Says that a dead letter was published again, in which batch; the first to say so stays. Resolves to when that
 * was (RFC 3339, UTC), or undefined where the letter is gone.
 *
 * Index: dead_letters_pkey. Locks the letter's row.
 */
export async function markReplayed(
  database: Database,
  { id, batchId }: { id: string; batchId: string },
): Promise<string | undefined> {
  const rows = await database.run(
    (sql) => sql<{ replayed_at: string }[]>`
    UPDATE dead_letters
    SET replayed_at = coalesce(replayed_at, now()), replay_batch_id = coalesce(replay_batch_id, ${batchId}::uuid)
    WHERE id = ${id}::bigint
    RETURNING to_json(replayed_at) #>> '{}' AS replayed_at`,
  );
  return rows[0]?.replayed_at;
}
