import {
  type LiveRates,
  type LiveStats,
  type LiveStatus,
  type LiveTopic,
  MAX_LIVE_TOPICS,
} from '@oncelog/event-schema';
import type { LargestTopics, StreamAccount } from '@oncelog/event-store';
import type { ShardTotals } from '@oncelog/event-stream';
import { statsOf } from '../stats.ts';
import type { Reading } from './part.ts';
import { busiestTopics, type CountersRead, ratesBetween } from './rates.ts';

/** What Redis says of the streams. */
export interface StreamFound {
  readonly totals: readonly ShardTotals[];
  readonly oldestMs: readonly (number | undefined)[];
}

/** What Postgres says of the counters. */
export interface StoreFound {
  readonly largest: LargestTopics;
  readonly accounts: readonly StreamAccount[];
}

/** Follows the counters from look to look. */
export interface Growth {
  /** The counters, and how fast they have grown since the look before; null where one side is not known. */
  next(
    stream: Reading<StreamFound> | undefined,
    store: Reading<StoreFound> | undefined,
  ): Pick<LiveStatus, 'stats' | 'rates' | 'topics'>;
  /** The next look is the first. */
  forget(): void;
}

export function createGrowth(): Growth {
  let counters: CountersRead | undefined;
  let rates: LiveRates | null = null;
  let look: Reading<LargestTopics> | undefined;
  let topics: LiveTopic[] | null = null;

  const forgetCounters = (): void => {
    counters = undefined;
    rates = null;
  };
  const forgetTopics = (): void => {
    look = undefined;
    topics = null;
  };

  const follow = (next: CountersRead): void => {
    if (counters !== undefined) {
      // an answer that is still held says nothing new, and neither do the rates
      if (counters.streamAtMs === next.streamAtMs || counters.storeAtMs === next.storeAtMs) return;
      rates = ratesBetween(counters, next);
    }
    counters = next;
  };
  const followTopics = ({ value, atMs }: Reading<StoreFound>): void => {
    if (look?.atMs === atMs) return;
    const next = { value: value.largest, atMs };
    topics = busiestTopics(look, next, MAX_LIVE_TOPICS);
    look = next;
  };

  return {
    next(stream, store) {
      if (store === undefined) forgetTopics();
      else followTopics(store);
      if (store === undefined || stream === undefined) {
        forgetCounters();
        return { stats: null, rates, topics };
      }
      const stats = statsFrom(stream.value, store.value);
      follow({ stats, streamAtMs: stream.atMs, storeAtMs: store.atMs });
      return { stats, rates, topics };
    },
    forget() {
      forgetCounters();
      forgetTopics();
    },
  };
}

function statsFrom({ totals }: StreamFound, { largest, accounts }: StoreFound): LiveStats {
  return statsOf({ sums: largest.sums, accounts, totals });
}
