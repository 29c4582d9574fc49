import type { Database } from '../database.ts';
import { pruningTurn } from './pruning-turn.ts';

export interface RetireChunk {
  readonly retentionHours: number;
  /** Where the last chunk ended; '0' for the first. */
  readonly afterSeq: string;
  readonly maxRows: number;
}

export interface RetiredChunk {
  readonly retired: number;
  /** Where this chunk ended; undefined when it was the last: nothing in it was old enough, or nothing is left. */
  readonly lastSeq: string | undefined;
}

/**
 * Removes the events among the next `maxRows`, in order of arrival, that were stored longer ago than the retention,
 * and counts them by topic in the same statement: `unique_processed = rows + retired` at every moment.
 *
 * Goes by `seq`, not by time, so that a look at a table in which nothing is old enough ends after one chunk. Where
 * the clock was set back, events wait until those that arrived before them are old enough too.
 *
 * Index: processed_events_pkey. Locks: the turn (without waiting), event rows (leaving out those that somebody has),
 * the rows of retired_events, sorted, which only who has the turn writes. So it never waits. An insert of the same
 * key waits for this statement to end, which is why chunks are small.
 */
export async function retireEvents(database: Database, input: RetireChunk): Promise<RetiredChunk> {
  const { retentionHours, afterSeq, maxRows } = input;
  const [chunk] = await database.run(
    (sql) => sql<{ retired: number; last_seq: string | null }[]>`
    WITH turn AS MATERIALIZED (${pruningTurn(sql, 'events')}),
    front AS MATERIALIZED (
      SELECT seq, processed_at FROM processed_events
      WHERE (SELECT ours FROM turn) AND seq > ${afterSeq}::bigint
      ORDER BY seq LIMIT ${maxRows} FOR UPDATE SKIP LOCKED
    ),
    gone AS (
      DELETE FROM processed_events AS event USING front
      WHERE event.seq = front.seq AND front.processed_at < now() - make_interval(hours => ${retentionHours}::integer)
      RETURNING event.topic
    ),
    by_topic AS MATERIALIZED (
      SELECT topic, count(*) AS events FROM gone GROUP BY topic
    ),
    counted AS (
      INSERT INTO retired_events AS retired (topic, events)
      SELECT topic, events FROM by_topic ORDER BY topic
      ON CONFLICT (topic) DO UPDATE SET events = retired.events + excluded.events
    )
    SELECT coalesce((SELECT sum(events) FROM by_topic), 0)::integer AS retired,
      (SELECT max(seq) FROM front)::text AS last_seq`,
  );
  const { retired = 0, last_seq: lastSeq = null } = chunk ?? {};
  return { retired, lastSeq: retired === 0 ? undefined : (lastSeq ?? undefined) };
}
