import type { Database } from '../database.ts';
import { type DeadLetterFilter, matching } from './dead-letter-filter.ts';

/** How many dead letters match a filter. Indexes as in list-dead-letters.ts, without a limit. Locks nothing. */
export async function countDeadLetters(database: Database, filter: DeadLetterFilter): Promise<number> {
  const rows = await database.run(
    (sql) => sql<{ n: number }[]>`
    SELECT count(*)::float8 AS n FROM dead_letters WHERE ${matching(sql, filter)}`,
  );
  return rows[0]?.n ?? 0;
}
