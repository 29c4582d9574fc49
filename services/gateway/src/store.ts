import type { Database } from '@oncelog/event-store';
import { Problem } from './problem.ts';

/** Runs a query; a failure of the store is the client's to retry. */
export async function query<T>(
  database: Database,
  statement: (database: Database) => Promise<T>,
): Promise<T> {
  try {
    return await statement(database);
  } catch (cause) {
    const detail = 'The event store does not answer. Publishing works on: ask again later.';
    throw new Problem('store-unavailable', { detail, retryAfterSeconds: 1, cause });
  }
}
