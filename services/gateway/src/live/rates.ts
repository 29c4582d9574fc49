import type { LiveRates, LiveStats, LiveTopic } from '@oncelog/event-schema';
import type { LargestTopics } from '@oncelog/event-store';
import { topicStatsOf } from '../stats.ts';
import type { Reading } from './part.ts';

/** Counters, and when each side of them was read, by the monotonic clock. */
export interface CountersRead {
  readonly stats: LiveStats;
  readonly streamAtMs: number;
  readonly storeAtMs: number;
}

/** How fast the counters have grown, over the time that has really passed. */
export function ratesBetween(before: CountersRead, now: CountersRead): LiveRates {
  const stored = (of: (stats: LiveStats) => number): number =>
    perSecond(of(now.stats) - of(before.stats), now.storeAtMs - before.storeAtMs);
  return {
    accepted: perSecond(now.stats.accepted - before.stats.accepted, now.streamAtMs - before.streamAtMs),
    unique: stored((stats) => stats.unique_processed),
    duplicate: stored((stats) => stats.duplicate_dropped),
    dead_letter: stored((stats) => stats.dead_lettered),
  };
}

/**
 * The busiest topics since the look before, then the largest, `most` at most. A topic that was not there before has
 * received all it has meanwhile, if the look before was at all topics.
 */
export function busiestTopics(
  before: Reading<LargestTopics> | undefined,
  now: Reading<LargestTopics>,
  most: number,
): LiveTopic[] {
  const received = new Map(before?.value.topics.map((topic) => [topic.topic, topic.received]));
  const sawAll = before !== undefined && before.value.topics.length === before.value.total;
  const elapsedMs = now.atMs - (before?.atMs ?? now.atMs);
  const topics = now.value.topics.map((topic) => {
    const grown = topic.received - (received.get(topic.topic) ?? (sawAll ? 0 : topic.received));
    return { ...topicStatsOf(topic), received_per_second: perSecond(grown, elapsedMs) };
  });
  // a stable sort: what is equally busy stays in the order of its size
  return topics.sort((a, b) => b.received_per_second - a.received_per_second).slice(0, most);
}

/** With two decimals. Counters never go back; if one did, its rate is 0. */
function perSecond(grown: number, elapsedMs: number): number {
  return elapsedMs <= 0 || grown <= 0 ? 0 : Math.round((grown / elapsedMs) * 100_000) / 100;
}
