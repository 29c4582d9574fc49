import type { Database } from '../database.ts';

/** The counters of a topic; topic '' holds what has no topic. */
export interface TopicCounts {
  readonly topic: string;
  readonly received: number;
  readonly unique_processed: number;
  readonly dead_lettered: number;
}

/** Sums the counters over their stripes, in order of topic. Index: event_stats_pkey. Locks nothing. */
export async function readStats(database: Database): Promise<TopicCounts[]> {
  const rows = await database.run(
    (sql) => sql<Record<keyof TopicCounts, string>[]>`
    SELECT topic, sum(received)::text AS received, sum(unique_processed)::text AS unique_processed,
      sum(dead_lettered)::text AS dead_lettered
    FROM event_stats GROUP BY topic ORDER BY topic`,
  );
  return rows.map(({ topic, received, unique_processed, dead_lettered }) => ({
    topic,
    received: Number(received),
    unique_processed: Number(unique_processed),
    dead_lettered: Number(dead_lettered),
  }));
}
