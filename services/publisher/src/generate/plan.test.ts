import fc from 'fast-check';
import { expect, test } from 'vitest';
import { duplicateCount } from './duplicate-count.ts';
import { createPlan, indicesOfBatch, type Plan } from './plan.ts';

const inputs = fc.record({
  totalEvents: fc.nat(2_000),
  duplicateRate: fc.oneof(
    fc.constantFrom(0, 0.3, 0.29, 0.999),
    fc.nat(99).map((percent) => percent / 100),
  ),
  batchSize: fc.integer({ min: 1, max: 150 }),
  seed: fc.nat(2 ** 32 - 1),
});

function allBatches(plan: Plan): number[] {
  return Array.from({ length: plan.batchCount }, (_, number) => [...indicesOfBatch(plan, number)]).flat();
}

test('all batches together hold every unique event, and exactly the planned number of repetitions', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const plan = createPlan(input);
      const sent = allBatches(plan);
      expect(sent).toHaveLength(input.totalEvents);
      expect(plan.duplicates).toBe(duplicateCount(input.totalEvents, input.duplicateRate));
      expect(new Set(sent).size).toBe(input.totalEvents - plan.duplicates);
      expect([...new Set(sent)].sort((a, b) => a - b)).toEqual([...Array(plan.unique).keys()]);
    }),
  );
});

test('every batch but the last is full', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const plan = createPlan(input);
      for (let number = 0; number < plan.batchCount; number++) {
        const { length } = indicesOfBatch(plan, number);
        if (number < plan.batchCount - 1) expect(length).toBe(input.batchSize);
        else expect(length).toBeGreaterThan(0);
      }
    }),
  );
});

test('the same input gives the same plan, another seed another order', () => {
  const input = { totalEvents: 1_000, duplicateRate: 0.3, batchSize: 100, seed: 1 };

  expect(createPlan(input)).toEqual(createPlan({ ...input }));
  expect(createPlan({ ...input, seed: 2 }).order).not.toEqual(createPlan(input).order);
});

test('duplicates lie inside batches as well as across them', () => {
  const plan = createPlan({ totalEvents: 20_000, duplicateRate: 0.3, batchSize: 100, seed: 1 });
  let inside = 0;
  let across = 0;
  const before = new Set<number>();
  for (let number = 0; number < plan.batchCount; number++) {
    const batch = indicesOfBatch(plan, number);
    const distinct = new Set(batch);
    inside += batch.length - distinct.size;
    across += [...distinct].filter((index) => before.has(index)).length;
    for (const index of distinct) before.add(index);
  }

  expect(inside + across).toBe(6_000);
  expect(inside).toBeGreaterThan(10);
  expect(across).toBeGreaterThan(5_000);
});

test('duplicates are spread over the whole run, and the unique events are not in order', () => {
  const { order } = createPlan({ totalEvents: 20_000, duplicateRate: 0.3, batchSize: 100, seed: 1 });
  const firstQuarter = order.subarray(0, 5_000);
  const repetitions = firstQuarter.length - new Set(firstQuarter).size;

  expect(repetitions).toBeGreaterThan(200);
  expect(firstQuarter.filter((index) => index < 7_000).length).toBeLessThan(3_000);
});

test('a run keeps four bytes for each event', () => {
  const { order } = createPlan({ totalEvents: 1_000, duplicateRate: 0.3, batchSize: 100, seed: 1 });

  expect(order.byteLength).toBe(4_000);
});
