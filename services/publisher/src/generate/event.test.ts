import { type Event, parsePublishRequest } from '@oncelog/event-schema';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventAt, type RunIdentity } from './event.ts';

const run: RunIdentity = { seed: 1, runId: 'run-1', startTimeMs: Date.UTC(2026, 0, 1) };

const runs = fc.record({
  seed: fc.nat(2 ** 32 - 1),
  runId: fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/),
  startTimeMs: fc.integer({ min: 600_000, max: 253_402_214_400_000 }),
});

function first(count: number, identity = run): Event[] {
  return Array.from({ length: count }, (_, index) => eventAt(identity, index));
}

test('every event of every run is one that the gateway accepts', () => {
  fc.assert(
    fc.property(runs, fc.nat(100_000_000), (identity, from) => {
      const events = Array.from({ length: 20 }, (_, n) => eventAt(identity, from + n));
      const body = new TextEncoder().encode(JSON.stringify({ events }));
      expect(parsePublishRequest(body, { maxEvents: 1_000 })).toMatchObject({ outcome: 'valid' });
    }),
  );
});

test('an event is made again byte by byte from its index', () => {
  fc.assert(
    fc.property(runs, fc.nat(100_000_000), (identity, index) => {
      expect(JSON.stringify(eventAt({ ...identity }, index))).toBe(JSON.stringify(eventAt(identity, index)));
    }),
  );
});

test('no two events of a run have the same id', () => {
  expect(new Set(first(5_000).map(({ event_id }) => event_id)).size).toBe(5_000);
});

test('another run id makes fresh events with the same contents', () => {
  const again = first(100, { ...run, runId: 'run-2' });

  expect(again.map((event) => ({ ...event, event_id: '' }))).toEqual(
    first(100).map((event) => ({ ...event, event_id: '' })),
  );
  expect(first(100).map(({ event_id }) => event_id)).not.toContain(again[0]?.event_id);
});

test('ten topics, each about as often as any other', () => {
  const counts = Map.groupBy(first(10_000), ({ topic }) => topic);

  expect(counts.size).toBe(10);
  for (const { length } of counts.values()) expect(length).toBeGreaterThan(800);
});

test('the events happened in the ten minutes before the start, some of them told in local time', () => {
  const timestamps = first(1_000).map(({ timestamp }) => timestamp);
  const instants = timestamps.map((timestamp) => Date.parse(timestamp));

  expect(Math.max(...instants)).toBeLessThanOrEqual(run.startTimeMs);
  expect(Math.min(...instants)).toBeGreaterThanOrEqual(run.startTimeMs - 600_000);
  expect(timestamps.filter((timestamp) => timestamp.endsWith('Z')).length).toBeGreaterThan(700);
  for (const offset of ['+01:00', '+05:30', '-08:00']) {
    expect(timestamps.some((timestamp) => timestamp.endsWith(offset))).toBe(true);
  }
});

test('payloads hold what real ones hold', () => {
  const text = JSON.stringify(first(500));

  for (const sample of ['"customer":{', '"lines":[{', '東京', '🎉', '\\n', 'null', '[]']) {
    expect(text).toContain(sample);
  }
  expect(text).toMatch(/"amount":-\d+\.\d\d/);
});
