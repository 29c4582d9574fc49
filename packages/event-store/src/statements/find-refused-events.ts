import type { Database } from '../database.ts';

/** An event that Postgres refuses as data. */
export interface RefusedEvent {
  /** Index among the given events, from 0. */
  readonly position: number;
  /** SQLSTATE. */
  readonly code: string;
  readonly reason: string;
}

/**
 * Finds the events that the table refuses, by bisection; stores nothing. For a batch that Postgres has refused: it
 * costs about two undone inserts for each halving.
 *
 * @param events each a JSON text
 */
export async function findRefusedEvents(
  database: Database,
  events: readonly string[],
): Promise<RefusedEvent[]> {
  return await database.run(
    (sql) => sql<RefusedEvent[]>`
    SELECT refused_position AS "position", code, reason
    FROM refused_events(
      ARRAY(SELECT json_array_elements_text(${JSON.stringify(events)}::text::json)), 0, ${events.length}::integer
    ) ORDER BY refused_position`,
  );
}
