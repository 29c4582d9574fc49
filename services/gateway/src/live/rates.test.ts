import { describe, expect, it } from 'vitest';
import { busiestTopics, type CountersRead, ratesBetween } from './rates.ts';

const ZERO = {
  accepted: 0,
  received: 0,
  unique_processed: 0,
  duplicate_dropped: 0,
  dead_lettered: 0,
  in_flight: 0,
};
const at = (atMs: number, stats: Partial<CountersRead['stats']>): CountersRead => ({
  stats: { ...ZERO, ...stats },
  streamAtMs: atMs,
  storeAtMs: atMs + 50,
});

describe('ratesBetween', () => {
  it('divides by the time that has passed on each side', () => {
    const before = { ...at(1_000, { accepted: 10, unique_processed: 5 }), storeAtMs: 1_050 };
    const now = {
      ...at(3_000, { accepted: 30, unique_processed: 10, duplicate_dropped: 1, dead_lettered: 3 }),
      storeAtMs: 3_550,
    };
    expect(ratesBetween(before, now)).toEqual({ accepted: 10, unique: 2, duplicate: 0.4, dead_letter: 1.2 });
  });

  it('is 0 where a counter went back, or no time has passed', () => {
    expect(ratesBetween(at(0, { accepted: 10 }), at(1_000, { accepted: 9 })).accepted).toBe(0);
    expect(ratesBetween(at(0, { accepted: 10 }), at(0, { accepted: 20 })).accepted).toBe(0);
  });
});

describe('busiestTopics', () => {
  const look = (atMs: number, received: Record<string, number>, total = Object.keys(received).length) => ({
    atMs,
    value: {
      sums: { received: 0, unique_processed: 0, dead_lettered: 0 },
      total,
      topics: Object.entries(received)
        .map(([topic, n]) => ({ topic, received: n, unique_processed: n - 1, dead_lettered: 0 }))
        .sort((a, b) => b.received - a.received),
    },
  });
  const named = (topics: ReturnType<typeof busiestTopics>) =>
    topics.map((of) => `${of.topic} ${of.received_per_second}`);

  it('gives the busiest first, then the largest, and no more than asked for', () => {
    const before = look(0, { large: 100, larger: 200, busy: 5, busier: 5 });
    const now = look(2_000, { large: 100, larger: 200, busy: 6, busier: 8 });
    expect(named(busiestTopics(before, now, 10))).toEqual(['busier 1.5', 'busy 0.5', 'larger 0', 'large 0']);
    expect(named(busiestTopics(before, now, 1))).toEqual(['busier 1.5']);
    expect(busiestTopics(before, now, 1)).toEqual([
      { topic: 'busier', received: 8, unique_processed: 7, duplicate_dropped: 1, received_per_second: 1.5 },
    ]);
  });

  it('knows that a topic is new only if it has seen all of them before', () => {
    const now = look(1_000, { a: 10, b: 5 });
    expect(named(busiestTopics(look(0, { a: 10 }), now, 10))).toEqual(['b 5', 'a 0']);
    expect(named(busiestTopics(look(0, { a: 10 }, 2), now, 10))).toEqual(['a 0', 'b 0']);
    expect(named(busiestTopics(undefined, now, 10))).toEqual(['a 0', 'b 0']);
  });
});
