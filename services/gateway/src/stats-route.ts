import type { Stats } from '@oncelog/event-schema';
import { type Database, readAccounts, readStats, type TopicCounts } from '@oncelog/event-store';
import type { ShardTotals, StreamWriter } from '@oncelog/event-stream';
import type { RequestHandler } from 'express';
import { Problem } from './problem.ts';
import { statsOf, topicStatsOf } from './stats.ts';
import { query } from './store.ts';

export interface StatsDeps {
  readonly database: Database;
  readonly stream: StreamWriter;
}

/** `GET /stats`: the exact figures. At rest `accepted = received + dead_lettered + in_flight`. */
export function statsRoute({ database, stream }: StatsDeps): RequestHandler {
  return async (_request, response) => {
    // the stream first: what is applied in between then shows in both, and never in neither
    const totals = await totalsOf(stream);
    const [counts, accounts] = await query(database, (db) => Promise.all([readStats(db), readAccounts(db)]));
    const byTopic = counts.filter(({ topic }) => topic !== '').map(topicStatsOf);
    const figures = statsOf({ sums: sumsOf(counts), accounts, totals });
    const { accepted, dead_lettered, in_flight, ...processed } = figures;
    response.json({
      ...processed,
      topics: byTopic.map(({ topic }) => topic),
      uptime_seconds: process.uptime(), // not from the clock, which may be set back
      status: 'running',
      accepted,
      dead_lettered,
      in_flight,
      by_topic: byTopic,
    } satisfies Stats);
  };
}

async function totalsOf(stream: StreamWriter): Promise<ShardTotals[]> {
  try {
    return await stream.totals();
  } catch (cause) {
    const detail = 'The event stream does not answer, and without it the figures are not complete.';
    throw new Problem('stream-unavailable', { detail, retryAfterSeconds: 1, cause });
  }
}

function sumsOf(counts: readonly TopicCounts[]): Omit<TopicCounts, 'topic'> {
  const sum = (of: (count: TopicCounts) => number): number =>
    counts.reduce((total, count) => total + of(count), 0);
  return {
    received: sum((count) => count.received),
    unique_processed: sum((count) => count.unique_processed),
    dead_lettered: sum((count) => count.dead_lettered),
  };
}
