import type { Sql } from 'postgres';
import type { Database } from '../database.ts';

/** A place in a list: of the event that it was taken from, which need not exist any more. */
export interface EventPlace {
  /** In decimal: a bigint. */
  readonly seq: string;
  /** RFC 3339, to the microsecond. */
  readonly timestamp: string;
}

export interface EventFilter {
  /** Any of these topics; none means all. */
  readonly topics: readonly string[];
  readonly source?: string | undefined;
  readonly eventId?: string | undefined;
  /** A JSON object, as text that jsonb takes: the payload contains it. */
  readonly contains?: string | undefined;
  /** RFC 3339, inclusive. */
  readonly since?: string | undefined;
  /** RFC 3339, exclusive. */
  readonly until?: string | undefined;
  /** Only events that come after this place in the order of the list. */
  readonly after?: EventPlace | undefined;
  readonly limit: number;
}

export interface EventRow extends EventPlace {
  /** The event as JSON text: numbers and timestamps never pass through JavaScript. */
  readonly json: string;
}

/** A page of events. */
export interface EventPage {
  readonly rows: readonly EventRow[];
  /** Whether there are more behind them. */
  readonly more: boolean;
}

/** A page ends here even if its limit is not reached, but never before its first event. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/**
 * A page of the events that match a filter, newest first, bounded by their number and by their bytes: in the order of
 * their arrival or, in a window of time, of their timestamps.
 *
 * Indexes: processed_events_topic_seq, once for each topic, or processed_events_pkey, both backwards until the
 * limit is reached; processed_events_timestamp in a window of time; uq_topic_event_id where the event ID is given.
 * There is none for `contains`: what is rare is looked for in every event that the other conditions leave.
 * Locks nothing.
 */
export async function listEvents(database: Database, filter: EventFilter): Promise<EventPage> {
  const { topics, limit } = filter;
  const isWindow = filter.since !== undefined || filter.until !== undefined;
  const candidates = limit + 1; // one more than asked for tells whether there are more
  const found = await database.run((sql) => {
    const conditions = conditionsOf(sql, filter);
    const order = isWindow ? sql`"timestamp" DESC, seq DESC` : sql`seq DESC`;
    const wanted = sql`SELECT DISTINCT json_array_elements_text(${JSON.stringify(topics)}::text::json) AS topic`;
    const ofTopics = topics.length === 0 ? sql`true` : sql`topic IN (${wanted})`;
    const matching =
      topics.length === 0 || isWindow
        ? sql`SELECT * FROM processed_events WHERE ${ofTopics} ${conditions} ORDER BY ${order} LIMIT ${candidates}`
        : sql`
          SELECT event.* FROM (${wanted}) AS wanted,
          LATERAL (
            SELECT * FROM processed_events WHERE topic = wanted.topic ${conditions} ORDER BY seq DESC LIMIT ${candidates}
          ) AS event ORDER BY seq DESC LIMIT ${candidates}`;
    return sql<(EventRow & { candidates: number })[]>`
      WITH page AS (
        SELECT found.seq, found."timestamp", row_to_json(event)::text AS json
        FROM (${matching}) AS found,
        LATERAL (
          SELECT found.topic, found.event_id, found."timestamp", found.source, found.payload, found.processed_at
        ) AS event
      ),
      measured AS (
        SELECT seq, "timestamp", json, row_number() OVER newest AS n, sum(octet_length(json)) OVER newest AS bytes,
          count(*) OVER ()::integer AS candidates
        FROM page WINDOW newest AS (ORDER BY ${order})
      )
      SELECT seq::text, to_json("timestamp") #>> '{}' AS timestamp, json, candidates FROM measured
      WHERE n = 1 OR (n <= ${limit} AND bytes <= ${MAX_PAGE_BYTES}) ORDER BY n`;
  });
  const rows = found.map(({ seq, timestamp, json }) => ({ seq, timestamp, json }));
  return { rows, more: (found[0]?.candidates ?? 0) > rows.length };
}

function conditionsOf(sql: Sql, { source, eventId, contains, since, until, after }: EventFilter) {
  const isWindow = since !== undefined || until !== undefined;
  return sql`
    ${source === undefined ? sql`` : sql`AND source = ${source}`}
    ${eventId === undefined ? sql`` : sql`AND event_id = ${eventId}`}
    ${contains === undefined ? sql`` : sql`AND payload @> ${contains}::text::jsonb`}
    ${since === undefined ? sql`` : sql`AND "timestamp" >= ${since}::text::timestamptz`}
    ${until === undefined ? sql`` : sql`AND "timestamp" < ${until}::text::timestamptz`}
    ${after === undefined ? sql`` : isWindow ? afterInTime(sql, after) : sql`AND seq < ${after.seq}::bigint`}`;
}

function afterInTime(sql: Sql, { timestamp, seq }: EventPlace) {
  return sql`AND ("timestamp", seq) < (${timestamp}::text::timestamptz, ${seq}::bigint)`;
}
