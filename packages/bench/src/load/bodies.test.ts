import { describe, expect, it } from 'vitest';
import { bodiesOf } from './bodies.ts';
import { type EventSource, eventAt, eventIdAt, TOPICS } from './events.ts';
import { countsOf, type LoadPlan, orderOf } from './plan.ts';

const plan: LoadPlan = { seed: 1, run: 7, ids: 'random', idsFromMs: 0, events: 10_000, batchSize: 100 };

interface Sent {
  readonly topic: string;
  readonly event_id: string;
}

const eventsOf = (one: LoadPlan): Sent[] =>
  bodiesOf(one).flatMap((body) => (JSON.parse(body.toString()) as { events: Sent[] }).events);
const keysOf = (one: LoadPlan): string[] =>
  eventsOf(one).map(({ topic, event_id }) => `${topic} ${event_id}`);

describe('bodies', () => {
  it('hold exactly the planned duplicates', () => {
    const keys = keysOf(plan);
    expect(keys).toHaveLength(10_000);
    expect(new Set(keys).size).toBe(7_000);
    expect(countsOf(plan)).toEqual({ events: 10_000, unique: 7_000, duplicates: 3_000, batches: 100 });
  });

  it.each([1, 2, 3, 1_001])('are complete where %i events do not fill the batches', (events) => {
    const one = { ...plan, events };
    expect(eventsOf(one)).toHaveLength(events);
    expect(new Set(keysOf(one)).size).toBe(countsOf(one).unique);
    expect(bodiesOf(one)).toHaveLength(countsOf(one).batches);
  });

  it('are the same for the same seed and run, and have no event in common with another', () => {
    expect(bodiesOf(plan)).toEqual(bodiesOf({ ...plan }));
    const keys = new Set(keysOf(plan));
    for (const other of [
      { ...plan, run: 8 },
      { ...plan, seed: 2 },
    ])
      expect(keysOf(other).some((key) => keys.has(key))).toBe(false);
  });

  it('spread the duplicates over the whole run', () => {
    const fresh = new Set<number>();
    const duplicates = [...orderOf(plan)].map((index) => fresh.size === fresh.add(index).size);
    for (let from = 1_000; from < 10_000; from += 1_000) {
      const inThousand = duplicates.slice(from, from + 1_000).filter(Boolean).length;
      expect(inThousand).toBeGreaterThan(200);
      expect(inThousand).toBeLessThan(400);
    }
  });
});

describe('an event', () => {
  it('takes about 200 bytes, and its topic is one of ten', () => {
    const sizes = eventsOf(plan).map((_, index) => eventAt(plan, index).length);
    expect(sizes.reduce((sum, size) => sum + size) / sizes.length).toBeCloseTo(200, -1);
    expect(new Set(eventsOf(plan).map(({ topic }) => topic))).toEqual(new Set(TOPICS));
  });

  it('has an ID like a UUID, which holds the run', () => {
    expect(eventIdAt(plan, 3)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4007-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('has an ID that grows with time where those are wanted', () => {
    const source: EventSource = { ...plan, ids: 'ordered', idsFromMs: Date.UTC(2026, 0, 1) };
    const ids = Array.from({ length: 50 }, (_, at) => eventIdAt(source, at * 50));
    expect(ids[0]).toMatch(/^019b76da-a800-7007-8/);
    expect(ids).toEqual([...ids].sort());
  });
});
