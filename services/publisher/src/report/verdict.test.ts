import { expect, test } from 'vitest';
import { differences, type Findings } from './verdict.ts';

const exact: Findings = {
  expected: { total: 100, unique: 70, duplicates: 30 },
  published: 100,
  totals: { received: 100, uniqueProcessed: 70, duplicateDropped: 30, deadLettered: 0 },
  outstanding: 0,
  repeatedIds: 0,
};

test('nothing differs', () => {
  expect(differences(exact)).toEqual([]);
});

test('a lost event', () => {
  const totals = { ...exact.totals, received: 99, uniqueProcessed: 69 };

  expect(differences({ ...exact, totals })).toEqual([
    'received is 99, expected 100',
    'unique_processed is 69, expected 70',
  ]);
});

test('a dead letter', () => {
  const totals = { received: 99, uniqueProcessed: 69, duplicateDropped: 30, deadLettered: 1 };

  expect(differences({ ...exact, totals })).toContain('dead_lettered is 1, expected 0');
});

test('another run with the same id', () => {
  const totals = { ...exact.totals, uniqueProcessed: 0, duplicateDropped: 100 };

  expect(differences({ ...exact, totals })).toEqual([
    'unique_processed is 0, expected 70',
    'duplicate_dropped is 100, expected 30',
    'events of this run were stored before it: has another run used the same RUN_ID?',
  ]);
});

test('batches that are missing, or were mixed up', () => {
  expect(differences({ ...exact, outstanding: 2 })).toEqual([
    '2 batches were accepted but not applied in time (SETTLE_TIMEOUT)',
  ]);
  expect(differences({ ...exact, repeatedIds: 3 })).toEqual([
    'the gateway answered 3 batches with the id of another batch',
  ]);
  expect(differences({ ...exact, published: 90 })).toContain('published is 90, expected 100');
});
