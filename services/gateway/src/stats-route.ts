import type { Stats, TopicStats } from '@oncelog/event-schema';
import {
  type Database,
  readAccounts,
  readStats,
  type StreamAccount,
  type TopicCounts,
} from '@oncelog/event-store';
import { type ShardTotals, type StreamWriter, sumTotals } from '@oncelog/event-stream';
import type { RequestHandler } from 'express';
import { acceptedEvents } from './accepted-events.ts';
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
    const [counts, accounts] = await query(database, (db) => Promise.all([readStats(db), readAccounts(db)]));
    const uptimeSeconds = (now().getTime() - startedAt.getTime()) / 1_000;
    response.json(statsOf({ counts, accounts, totals, uptimeSeconds }));
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

interface Figures {
  readonly counts: readonly TopicCounts[];
  readonly accounts: readonly StreamAccount[];
  readonly totals: readonly ShardTotals[];
  readonly uptimeSeconds: number;
}

function statsOf({ counts, accounts, totals, uptimeSeconds }: Figures): Stats {
  const sum = (of: (count: TopicCounts) => number): number =>
    counts.reduce((total, count) => total + of(count), 0);
  const backlog = sumTotals(totals);
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
    accepted: acceptedEvents(accounts, totals),
    dead_lettered: sum((count) => count.dead_lettered),
    in_flight: backlog.inFlightEvents,
    by_topic: byTopic,
  };
}

function topicStatsOf({ topic, received, unique_processed }: TopicCounts): TopicStats {
  return { topic, received, unique_processed, duplicate_dropped: received - unique_processed };
}
