import type { Database } from '../database.ts';

export interface EventFilter {
  /** Any of these topics; none means all. */
  readonly topics: readonly string[];
  readonly source?: string | undefined;
  readonly eventId?: string | undefined;
  /** RFC 3339, inclusive. */
  readonly since?: string | undefined;
  /** RFC 3339, exclusive. */
  readonly until?: string | undefined;
  /** Only events that arrived before the one with this `seq`. */
  readonly beforeSeq?: string | undefined;
  readonly limit: number;
}

export interface EventRow {
  /** In decimal: a bigint. */
  readonly seq: string;
  /** The event as JSON text: numbers and timestamps never pass through JavaScript. */
  readonly json: string;
}

/**
 * Events that match a filter, newest (latest arrival) first.
 *
 * Indexes: processed_events_topic_seq, once for each topic, or processed_events_pkey, both backwards until the
 * limit is reached; uq_topic_event_id where the event ID is given. Locks nothing.
 */
export async function listEvents(database: Database, filter: EventFilter): Promise<EventRow[]> {
  const { topics, source, eventId, since, until, beforeSeq, limit } = filter;
  return await database.run((sql) => {
    const conditions = sql`
      ${source === undefined ? sql`` : sql`AND source = ${source}`}
      ${eventId === undefined ? sql`` : sql`AND event_id = ${eventId}`}
      ${since === undefined ? sql`` : sql`AND "timestamp" >= ${since}::text::timestamptz`}
      ${until === undefined ? sql`` : sql`AND "timestamp" < ${until}::text::timestamptz`}
      ${beforeSeq === undefined ? sql`` : sql`AND seq < ${beforeSeq}::bigint`}`;
    const matching =
      topics.length === 0
        ? sql`SELECT * FROM processed_events WHERE true ${conditions} ORDER BY seq DESC LIMIT ${limit}`
        : sql`
          SELECT event.* FROM (SELECT DISTINCT json_array_elements_text(${JSON.stringify(topics)}::text::json) AS topic) AS wanted,
          LATERAL (
            SELECT * FROM processed_events WHERE topic = wanted.topic ${conditions} ORDER BY seq DESC LIMIT ${limit}
          ) AS event ORDER BY seq DESC LIMIT ${limit}`;
    return sql<EventRow[]>`
      SELECT seq::text, row_to_json(event)::text AS json
      FROM (${matching}) AS found,
      LATERAL (SELECT found.topic, found.event_id, found."timestamp", found.source, found.payload, found.processed_at) AS event
      ORDER BY found.seq DESC`;
  });
}
