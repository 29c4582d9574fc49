import type { Database } from '../database.ts';
import type { DeadLetterRow } from './list-dead-letters.ts';

export interface WholeDeadLetter extends DeadLetterRow {
  readonly original: Buffer;
  /** SHA-256 of the whole original in hex, where only its beginning is kept; else null. */
  readonly full_sha256: string | null;
}

/**
 * A dead letter with its original, or undefined. Index: dead_letters_pkey. Locks nothing.
 *
 * @param beginnings false: an original of which only the beginning is kept, up to 16 MiB, is empty; it may take seconds to read
 */
export async function findDeadLetter(
  database: Database,
  id: string,
  { beginnings = true } = {},
): Promise<WholeDeadLetter | undefined> {
  const rows = await database.run(
    (sql) => sql<WholeDeadLetter[]>`
    SELECT id::text, batch_id, entry_id, "position", events, code, reason,
      coalesce(full_bytes, octet_length(original))::float8 AS original_bytes,
      to_json(created_at) #>> '{}' AS created_at, to_json(replayed_at) #>> '{}' AS replayed_at, replay_batch_id,
      CASE WHEN ${beginnings} OR full_sha256 IS NULL THEN original ELSE '' END AS original,
      encode(full_sha256, 'hex') AS full_sha256
    FROM dead_letters WHERE id = ${id}::bigint`,
  );
  return rows[0];
}
