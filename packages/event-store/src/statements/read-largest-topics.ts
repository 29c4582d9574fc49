import type { Database } from '../database.ts';
import type { TopicCounts } from './read-stats.ts';

/** The counters of all topics together, and of the largest ones. */
export interface LargestTopics {
  /** Sums over all topics, those of what has no topic included. */
  readonly sums: Omit<TopicCounts, 'topic'>;
  /** How many topics there are. */
  readonly total: number;
  /** The largest by events received, in that order. */
  readonly topics: readonly TopicCounts[];
}

/**
 * Sums the counters over their stripes, as read-stats.ts does, and returns at most `limit` topics: what a look costs here
 * is bounded however many topics there are. Reads all of event_stats. Locks nothing.
 */
export async function readLargestTopics(database: Database, limit: number): Promise<LargestTopics> {
  const rows = await database.run(
    (sql) => sql<Row[]>`
    WITH topics AS MATERIALIZED (
      SELECT topic, sum(received) AS received, sum(unique_processed) AS unique_processed,
        sum(dead_lettered) AS dead_lettered
      FROM event_stats GROUP BY topic
    )
    SELECT NULL AS topic, count(*) FILTER (WHERE topic <> '')::text AS total,
      coalesce(sum(received), 0)::text AS received, coalesce(sum(unique_processed), 0)::text AS unique_processed,
      coalesce(sum(dead_lettered), 0)::text AS dead_lettered
    FROM topics
    UNION ALL (
      SELECT topic, NULL, received::text, unique_processed::text, dead_lettered::text
      FROM topics WHERE topic <> '' ORDER BY topics.received DESC, topic LIMIT ${limit}
    )`,
  );
  const topics = rows.flatMap((row) => (row.topic === null ? [] : [{ topic: row.topic, ...countsOf(row) }]));
  const all = rows.find(({ topic }) => topic === null);
  return {
    sums: all === undefined ? { received: 0, unique_processed: 0, dead_lettered: 0 } : countsOf(all),
    total: Number(all?.total ?? 0),
    // the parts of a union come in any order
    topics: topics.sort((a, b) => b.received - a.received),
  };
}

interface Row {
  /** Null in the one row of the sums. */
  readonly topic: string | null;
  readonly total: string | null;
  readonly received: string;
  readonly unique_processed: string;
  readonly dead_lettered: string;
}

function countsOf({ received, unique_processed, dead_lettered }: Row): Omit<TopicCounts, 'topic'> {
  return {
    received: Number(received),
    unique_processed: Number(unique_processed),
    dead_lettered: Number(dead_lettered),
  };
}
