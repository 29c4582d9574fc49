import type { Database } from '../database.ts';
import { type DeadLetterFilter, matching } from './dead-letter-filter.ts';

/**
 * The IDs of the oldest dead letters that match a filter and were not replayed. Index: dead_letters_open, or
 * uq_dead_letter_position where the batch is given. Locks nothing.
 */
export async function findOpenDeadLetters(
  database: Database,
  filter: DeadLetterFilter,
  limit: number,
): Promise<string[]> {
  const rows = await database.run(
    (sql) => sql<{ id: string }[]>`
    SELECT id::text FROM dead_letters WHERE ${matching(sql, { ...filter, state: 'open' })}
    ORDER BY dead_letters.id LIMIT ${limit}`,
  );
  return rows.map(({ id }) => id);
}
