import type { Database } from '../database.ts';
import { type DeadLetterFilter, matching } from './dead-letter-filter.ts';

/** A dead letter without its original. */
export interface DeadLetterRow {
  /** In decimal: a bigint. */
  readonly id: string;
  readonly batch_id: string;
  readonly entry_id: string;
  readonly position: number | null;
  readonly events: number;
  readonly code: string;
  readonly reason: string;
  /** Size of the original, also where only its beginning is kept. */
  readonly original_bytes: number;
  /** RFC 3339, UTC, as all times here. */
  readonly created_at: string;
  readonly replayed_at: string | null;
  readonly replay_batch_id: string | null;
}

export interface DeadLetterPreview extends DeadLetterRow {
  /** The first bytes of the original. */
  readonly preview: Buffer;
}

/**
 * Dead letters that match a filter, newest first, with the first `previewBytes` of their originals.
 *
 * Indexes: dead_letters_pkey backwards until the limit is reached, dead_letters_open where only open ones are asked
 * for, uq_dead_letter_position where the batch is given. Locks nothing.
 */
export async function listDeadLetters(
  database: Database,
  filter: DeadLetterFilter,
  { limit, previewBytes }: { limit: number; previewBytes: number },
): Promise<DeadLetterPreview[]> {
  return await database.run(
    (sql) => sql<DeadLetterPreview[]>`
    SELECT id::text, batch_id, entry_id, "position", events, code, reason,
      coalesce(full_bytes, octet_length(original))::float8 AS original_bytes,
      to_json(created_at) #>> '{}' AS created_at, to_json(replayed_at) #>> '{}' AS replayed_at, replay_batch_id,
      substring(original FROM 1 FOR ${previewBytes}::integer) AS preview
    FROM dead_letters WHERE ${matching(sql, filter)} ORDER BY dead_letters.id DESC LIMIT ${limit}`,
  );
}
