import type { Database } from '../database.ts';

/**
 * How many dead letters are open, counted up to `atMost`: a look at their number must stay cheap when there are millions.
 * Index: dead_letters_open. Locks nothing.
 */
export async function countOpenDeadLetters(database: Database, atMost: number): Promise<number> {
  const rows = await database.run(
    (sql) => sql<{ n: number }[]>`
    SELECT count(*)::float8 AS n
    FROM (SELECT FROM dead_letters WHERE replayed_at IS NULL LIMIT ${atMost}) AS counted`,
  );
  return rows[0]?.n ?? 0;
}
