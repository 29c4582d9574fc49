import { parsePublishRequest } from '@oncelog/event-schema';
import { createPlan as createPublisherPlan } from '@oncelog/publisher';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createPlan, eventAt, topicsOf } from '../../../../infra/k6/events.js';
import { range } from '../testing/system.ts';

const plans = fc.record({
  totalEvents: fc.integer({ min: 1, max: 3_000 }),
  duplicateRate: fc.integer({ min: 0, max: 999 }).map((thousandths) => thousandths / 1_000),
  batchSize: fc.integer({ min: 1, max: 1_000 }),
  seed: fc.integer({ min: 0, max: 4_294_967_295 }),
});

it('sends every unique event, and as many duplicates as the publisher does with the same settings', () => {
  fc.assert(
    fc.property(plans, (input) => {
      const plan = createPlan(input);
      const expected = createPublisherPlan(input);
      const sent = range(plan.batches).flatMap((number) => plan.indicesOfBatch(number));
      expect(plan).toMatchObject({ unique: expected.unique, duplicates: expected.duplicates });
      expect(sent).toHaveLength(input.totalEvents);
      expect([...new Set(sent)].toSorted((a, b) => a - b)).toEqual(range(expected.unique));
    }),
  );
});

it('counts duplicates exactly where binary fractions do not', () => {
  const sizes = createPlan({ totalEvents: 100, duplicateRate: 0.29, batchSize: 10, seed: 1 });
  expect(sizes).toMatchObject({ unique: 71, duplicates: 29 });
});

it('stays exact for as many events as a run may have', () => {
  const plan = createPlan({ totalEvents: 50_000_000, duplicateRate: 0, batchSize: 1_000, seed: 7 });
  const last = plan.indicesOfBatch(plan.batches - 1);
  expect(last.every((index) => Number.isInteger(index) && index >= 0 && index < plan.unique)).toBe(true);
  expect(new Set([...last, ...plan.indicesOfBatch(0)]).size).toBe(2_000);
});

it('spreads the duplicates over the batches', () => {
  const plan = createPlan({ totalEvents: 20_000, duplicateRate: 0.3, batchSize: 100, seed: 42 });
  const seen = new Set<number>();
  const repeats = range(plan.batches).map((number) => {
    const indices = plan.indicesOfBatch(number);
    const before = seen.size;
    for (const index of indices) seen.add(index);
    return indices.length - (seen.size - before);
  });
  // a duplicate may come before the event that it repeats, so there are more of them towards the end
  expect(repeats.filter((repeated) => repeated > 0).length).toBeGreaterThan(plan.batches * 0.9);
  expect(Math.max(...repeats)).toBeLessThan(80);
});

it('makes events that the gateway takes, the same in every byte when they are made again', () => {
  const run = { seed: 42, runId: 'run-1', startTimeMs: Date.UTC(2026, 0, 31), topicPrefix: 'load-test' };
  const events = range(1_000).map((index) => eventAt(run, index));
  expect(parsePublishRequest(Buffer.from(JSON.stringify({ events })), { maxEvents: 1_000 })).toMatchObject({
    outcome: 'valid',
  });
  expect(range(1_000).map((index) => eventAt(run, index))).toEqual(events);
  expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(1_000);
  expect(new Set(events.map(({ topic }) => topic))).toEqual(new Set(topicsOf('load-test')));
});

it('makes other contents of another seed', () => {
  const run = { runId: 'run-1', startTimeMs: 0, topicPrefix: 't' };
  const [a, b] = [1, 2].map((seed) => range(20).map((index) => eventAt({ ...run, seed }, index).payload));
  expect(a).not.toEqual(b);
});
