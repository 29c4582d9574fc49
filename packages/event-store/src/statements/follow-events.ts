import type { Fragment, Sql } from 'postgres';
import type { Database } from '../database.ts';
import { type FeedMiddle, type FeedPlace, type FeedSnapshot, feedSnapshot } from '../feed-place.ts';
import { feedBatches, lastPruned, newestBatch } from './feed-batches.ts';

/** Which events somebody wants; what is left out is not asked for. */
export interface FeedFilter {
  /** Any of these; none means all. */
  readonly topics: readonly string[];
  readonly source?: string | undefined;
  /** A JSON object, as text that jsonb takes: the payload contains it. */
  readonly contains?: string | undefined;
}

export interface FollowEvents {
  readonly from: FeedPlace;
  /** Where to end; without it at what is committed now. In the middle of a step, that one's end comes first. */
  readonly until?: FeedSnapshot | undefined;
  /** An event is wanted that one of these takes. */
  readonly filters: readonly FeedFilter[];
  /** Most events to look at, as the ledger counts them; one batch is always looked at whole. */
  readonly maxExamined: number;
  /** Most events to return, and about the most bytes of their JSON; one is always returned. */
  readonly maxEvents: number;
  readonly maxBytes: number;
}

export interface FeedEvent {
  /** Right behind the event. */
  readonly place: FeedPlace;
  /** As `GET /events` has it. */
  readonly json: string;
  /** Indexes of the filters that take it. */
  readonly filters: readonly number[];
}

export interface FeedPage {
  /** In the order of the feed. */
  readonly events: readonly FeedEvent[];
  /** Where the page ends, which may be beyond its last event. In the middle of a step: there is more. */
  readonly place: FeedPlace;
  /** How many events were looked at, as the ledger counts them. */
  readonly examined: number;
  /** The lowest ID that no transaction had when this was read. */
  readonly nextXid: bigint;
  /** The highest ID of a pruned batch. */
  readonly prunedXid: bigint | undefined;
  /** Retention has removed events of these batches, or may have. */
  readonly retired: boolean;
}

/** Numbers that JavaScript may not hold are texts. */
interface Summary {
  readonly now: string;
  readonly newest: string | null;
  readonly pruned: string | null;
  readonly examined: number;
  readonly more: boolean;
  readonly last_xid: string | null;
  readonly last_seq: string | null;
  readonly retired: boolean;
  /** Wanted events in all that was looked at. */
  readonly wanted: number;
}

interface Row {
  /** On the first row, which is there without an event as well. */
  readonly summary: string | null;
  readonly xid: string | null;
  readonly seq: string;
  readonly filters: string;
  readonly json: string;
}

/** Events whose payloads take more room than this, as they are stored, are not even turned into JSON. */
const MAX_STORED_BYTES = 4 * 1024 * 1024;

/**
 * A page of the feed: the events of batches that were committed between two snapshots, in the order of transaction and
 * `seq`. What is in the one and not in the other is exactly that; so nothing that commits late is missed, nothing
 * comes twice, and a long transaction elsewhere holds nothing up.
 *
 * Who asks for topics only gets the events from their index, else those of each batch are read by their numbers.
 *
 * Indexes: applied_batches_xid ({@link feedBatches}), then processed_events_topic_seq or processed_events_pkey. Locks nothing.
 */
export async function followEvents(database: Database, input: FollowEvents): Promise<FeedPage> {
  const { from, maxExamined, maxEvents, maxBytes } = input;
  const until = from.within?.until ?? input.until;
  const rows = await database.run(
    (sql) => sql<Row[]>`
    WITH ledger AS MATERIALIZED (${feedBatches(sql, { from, until, limit: maxExamined + 1 })}),
    counted AS MATERIALIZED (
      SELECT *, sum(unique_processed) OVER (ORDER BY xid, first_seq) - unique_processed AS before FROM ledger
    ),
    batch AS MATERIALIZED (SELECT * FROM counted WHERE before < ${maxExamined}::integer),
    asked AS MATERIALIZED (
      SELECT ordinality - 1 AS n, value -> 'topics' AS topics, value ->> 'source' AS source,
        value -> 'contains' AS contains
      FROM jsonb_array_elements(${filtersText(input.filters)}::text::jsonb) WITH ORDINALITY
    ),
    candidate AS (${candidates(sql, input)}),
    wanted AS MATERIALIZED (
      SELECT candidate.*, matching.filters, row_number() OVER feed AS n,
        sum(pg_column_size(payload)) OVER feed AS stored_bytes
      FROM candidate, LATERAL (
        SELECT string_agg(n::text, ',') AS filters FROM asked
        -- the payload last: it may be large
        WHERE CASE WHEN (topics IS NULL OR jsonb_exists(topics, candidate.topic))
            AND (asked.source IS NULL OR candidate.source = asked.source)
          THEN contains IS NULL OR candidate.payload @> contains END
      ) AS matching
      WHERE matching.filters IS NOT NULL
      WINDOW feed AS (ORDER BY xid, seq)
    ),
    rendered AS MATERIALIZED (
      SELECT wanted.xid, wanted.seq, wanted.filters, wanted.n, row_to_json(event)::text AS json
      FROM wanted, LATERAL (
        SELECT wanted.topic, wanted.event_id, wanted."timestamp", wanted.source, wanted.payload, wanted.processed_at
      ) AS event
      WHERE wanted.n = 1 OR (wanted.n <= ${maxEvents}::integer AND wanted.stored_bytes <= ${MAX_STORED_BYTES}::integer)
    ),
    measured AS (SELECT *, sum(octet_length(json)) OVER (ORDER BY n) AS bytes FROM rendered),
    last_batch AS (SELECT xid, last_seq FROM batch ORDER BY xid DESC, first_seq DESC LIMIT 1),
    summary AS (
      SELECT pg_current_snapshot()::text AS now, (${newestBatch(sql)}) AS newest,
        (${lastPruned(sql)})::text AS pruned,
        (SELECT coalesce(sum(unique_processed), 0) FROM batch) AS examined,
        (SELECT count(*) FROM batch) < (SELECT count(*) FROM ledger) AS more,
        (SELECT xid::text FROM last_batch) AS last_xid, (SELECT last_seq::text FROM last_batch) AS last_seq,
        -- retention removes the oldest first
        coalesce((SELECT min(first_seq) FROM batch) < (SELECT seq FROM processed_events ORDER BY seq LIMIT 1),
          EXISTS (SELECT FROM batch)) AS retired,
        (SELECT count(*) FROM wanted) AS wanted
    )
    SELECT CASE WHEN event.n > 1 THEN NULL ELSE row_to_json(summary)::text END AS summary,
      event.xid::text, event.seq::text, event.filters, event.json
    FROM summary LEFT JOIN measured AS event ON event.n = 1 OR event.bytes <= ${maxBytes}::integer
    ORDER BY event.n`,
  );
  const summary = rows[0]?.summary ?? undefined;
  if (summary === undefined) throw new Error('a page without its summary');
  return pageOf(JSON.parse(summary) as Summary, rows, { from, until });
}

/** Events of the batches, wanted or not, but of none that were passed before. */
function candidates(sql: Sql, { from, filters }: FollowEvents): Fragment {
  const columns = sql`seq, topic, event_id, "timestamp", source, payload, processed_at, batch_id`;
  const after =
    from.within === undefined
      ? sql``
      : sql`AND (batch.xid, event.seq) > (${String(from.within.xid)}::text::xid8, ${String(from.within.seq)}::text::bigint)`;
  if (!isByTopic(filters)) {
    return sql`
      SELECT batch.xid, event.* FROM batch,
      LATERAL (
        SELECT ${columns} FROM processed_events
        WHERE seq BETWEEN batch.first_seq AND batch.last_seq AND processed_events.batch_id = batch.batch_id
        OFFSET 0 -- batch by batch, by the index
      ) AS event WHERE true ${after}`;
  }
  const topics = JSON.stringify([...new Set(filters.flatMap((filter) => filter.topics))]);
  return sql`
    SELECT batch.xid, event.*
    FROM json_array_elements_text(${topics}::text::json) AS wanted_topic (topic),
    LATERAL (
      SELECT ${columns} FROM processed_events
      WHERE processed_events.topic = wanted_topic.topic
        AND seq BETWEEN (SELECT min(first_seq) FROM batch) AND (SELECT max(last_seq) FROM batch)
      OFFSET 0 -- topic by topic, by the index
    ) AS event
    JOIN batch ON batch.batch_id = event.batch_id AND event.seq BETWEEN batch.first_seq AND batch.last_seq
    WHERE true ${after}`;
}

/** Whether the events can be read from the index of topics. */
export function isByTopic(filters: readonly FeedFilter[]): boolean {
  return filters.every(({ topics }) => topics.length > 0);
}

/** `contains` is spliced as it came: its numbers never pass through JavaScript. */
function filtersText(filters: readonly FeedFilter[]): string {
  const texts = filters.map(({ topics, source, contains }) => {
    const fields = [
      ...(topics.length === 0 ? [] : [`"topics":${JSON.stringify(topics)}`]),
      ...(source === undefined ? [] : [`"source":${JSON.stringify(source)}`]),
      ...(contains === undefined ? [] : [`"contains":${contains}`]),
    ];
    return `{${fields.join(',')}}`;
  });
  return `[${texts.join(',')}]`;
}

/** Of one filter alone, as nearly always. */
const FIRST: readonly number[] = [0];
const numbersOf = (text: string): readonly number[] => (text === '0' ? FIRST : text.split(',').map(Number));

interface Ends {
  readonly from: FeedPlace;
  readonly until: FeedSnapshot | undefined;
}

function pageOf(summary: Summary, rows: readonly Row[], ends: Ends): FeedPage {
  const until = ends.until ?? stepEnd(summary, ends.from);
  const middle = (xid: string, seq: string): FeedPlace => {
    const within: FeedMiddle = { until, xid: BigInt(xid), seq: BigInt(seq) };
    return { passed: ends.from.passed, within };
  };
  const events: FeedEvent[] = rows.flatMap(({ xid, seq, filters, json }) =>
    xid === null ? [] : [{ place: middle(xid, seq), json, filters: numbersOf(filters) }],
  );
  const isCut = events.length < summary.wanted;
  const { more, last_xid: lastXid, last_seq: lastSeq } = summary;
  const place = isCut
    ? (events.at(-1)?.place ?? ends.from)
    : more && lastXid !== null && lastSeq !== null
      ? middle(lastXid, lastSeq)
      : { passed: until };
  // the last event of a step stands at its end: that is shorter to write
  const last = place.within === undefined ? events.pop() : undefined;
  return {
    events: last === undefined ? events : [...events, { ...last, place }],
    place,
    examined: summary.examined,
    nextXid: BigInt(summary.now.split(':')[1] ?? ''),
    prunedXid: summary.pruned === null ? undefined : BigInt(summary.pruned),
    retired: summary.retired,
  };
}

/** The snapshot that the page was read in; never behind the one that it began with. */
function stepEnd({ now, newest }: Summary, { passed }: FeedPlace): FeedSnapshot {
  const committed = newest === null ? 0n : BigInt(newest);
  return feedSnapshot(now, committed >= passed.xmax ? committed : passed.xmax - 1n);
}
