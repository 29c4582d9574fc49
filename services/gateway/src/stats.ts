import type { LiveStats, TopicStats } from '@oncelog/event-schema';
import type { StreamAccount, TopicCounts } from '@oncelog/event-store';
import { type ShardTotals, sumTotals } from '@oncelog/event-stream';
import { acceptedEvents } from './accepted-events.ts';

export interface Counted {
  /** Sums over all topics. */
  readonly sums: Omit<TopicCounts, 'topic'>;
  readonly accounts: readonly StreamAccount[];
  readonly totals: readonly ShardTotals[];
}

/** The exact figures, from what Postgres and Redis have counted. At rest `accepted = received + dead_lettered + in_flight`. */
export function statsOf({ sums, accounts, totals }: Counted): LiveStats {
  const { received, unique_processed, dead_lettered } = sums;
  return {
    accepted: acceptedEvents(accounts, totals),
    received,
    unique_processed,
    duplicate_dropped: received - unique_processed,
    dead_lettered,
    in_flight: sumTotals(totals).inFlightEvents,
  };
}

export function topicStatsOf({ topic, received, unique_processed }: TopicCounts): TopicStats {
  return { topic, received, unique_processed, duplicate_dropped: received - unique_processed };
}
