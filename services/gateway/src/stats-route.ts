import type { Stats, TopicStats } from '@oncelog/event-schema';
import { type Database, readStats, type TopicCounts } from '@oncelog/event-store';
import type { StreamTotals, StreamWriter } from '@oncelog/event-stream';
import type { RequestHandler } from 'express';
import { Problem } from './problem.ts';
import { query } from './store.ts';

export interface StatsDeps {
  readonly database: Database;
  readonly stream: StreamWriter;
  readonly now: () => Date;
  readonly startedAt: Date;
}

/** `GET /stats`: the exact figures. At rest `accepted = received + dead_lettered + in_flight`. */
export function statsRoute({ database, stream, now, startedAt }: StatsDeps): RequestHandler {
  return async (_request, response) => {
    // the stream first: what is applied in between then shows in both, and never in neither
    const totals = await totalsOf(stream);
    const counts = await query(database, readStats);
    const uptimeSeconds = (now().getTime() - startedAt.getTime()) / 1_000;
    response.json(statsOf(counts, totals, uptimeSeconds));
  };
}

async function totalsOf(stream: StreamWriter): Promise<StreamTotals> {
  try {
    return await stream.totals();
  } catch (cause) {
    const detail = 'The event stream does not answer, and without it the figures are not complete.';
    throw new Problem('stream-unavailable', { detail, retryAfterSeconds: 1, cause });
  }
}

function statsOf(counts: readonly TopicCounts[], totals: StreamTotals, uptimeSeconds: number): Stats {
  const sum = (of: (count: TopicCounts) => number): number =>
    counts.reduce((total, count) => total + of(count), 0);
  const received = sum((count) => count.received);
  const unique = sum((count) => count.unique_processed);
  const byTopic = counts.filter(({ topic }) => topic !== '').map(topicStatsOf);
  return {
    received,
    unique_processed: unique,
    duplicate_dropped: received - unique,
    topics: byTopic.map(({ topic }) => topic),
    uptime_seconds: uptimeSeconds,
    status: 'running',
    accepted: totals.appendedEvents - sum((count) => count.repeated),
    dead_lettered: sum((count) => count.dead_lettered),
    in_flight: totals.inFlightEvents,
    by_topic: byTopic,
  };
}

function topicStatsOf({ topic, received, unique_processed, dead_lettered }: TopicCounts): TopicStats {
  return { topic, received, unique_processed, duplicate_dropped: received - unique_processed, dead_lettered };
}
