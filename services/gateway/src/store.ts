import type { Database } from '@oncelog/event-store';
import { Problem } from './problem.ts';

/** SQLSTATE classes that mean a mistake of ours, not an outage: syntax, names and types, and what the roles allow. */
const MISTAKE = /^42/;
const QUERY_CANCELED = '57014';

/**
 * Runs a query; a failure of the store is the client's to retry.
 *
 * @throws {Problem} 503; what is a mistake of ours is thrown as it is
 */
export async function query<T>(
  database: Database,
  statement: (database: Database) => Promise<T>,
): Promise<T> {
  try {
    return await statement(database);
  } catch (error) {
    throw storeProblem(error);
  }
}

/** What a failed query means for the client; a mistake of ours is returned as it is. */
export function storeProblem(cause: unknown): unknown {
  const { code } = cause as { code?: unknown };
  if (typeof code === 'string' && MISTAKE.test(code)) return cause;
  const detail =
    code === QUERY_CANCELED
      ? 'The query took too long. Narrow it down by topic or by time (since, until), or ask for less.'
      : 'The event store does not answer. Publishing works on: ask again later.';
  return new Problem(code === QUERY_CANCELED ? 'query-timeout' : 'store-unavailable', {
    detail,
    retryAfterSeconds: 1,
    cause,
  });
}
