import type { Database } from '../database.ts';
import { type DeadLetterFilter, matching } from './dead-letter-filter.ts';

/**
 * Deletes the oldest dead letters that match a filter, at most `limit`, and resolves to how many. The counters keep
 * counting them: they say what was ever buried.
 *
 * Index: dead_letters_pkey, or as in list-dead-letters.ts. Locks the letters' rows, in order of their IDs.
 */
export async function deleteDeadLetters(
  database: Database,
  filter: DeadLetterFilter,
  limit: number,
): Promise<number> {
  const deleted = await database.run(
    (sql) => sql`
    DELETE FROM dead_letters WHERE id = ANY (ARRAY (
      SELECT id FROM dead_letters WHERE ${matching(sql, filter)} ORDER BY id LIMIT ${limit} FOR UPDATE
    ))`,
  );
  return deleted.count;
}
