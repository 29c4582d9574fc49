import type { BatchReceipt } from '@oncelog/event-schema';
import { expect, test } from 'vitest';
import { createAccounting } from './accounting.ts';

const { signal } = new AbortController();

const receipt = (batch_id: string): BatchReceipt => ({
  batch_id,
  received: 10,
  unique_processed: 7,
  duplicate_dropped: 3,
  dead_lettered: 1,
  applied_at: '2026-01-01T00:00:00Z',
});

/** A client that knows the receipts of some batches. */
function clientKnowing(...applied: string[]) {
  const asked: string[][] = [];
  const batches = async (ids: readonly string[]): Promise<BatchReceipt[]> => {
    asked.push([...ids]);
    return ids.filter((id) => applied.includes(id)).map(receipt);
  };
  return { asked, batches, apply: (id: string) => applied.push(id) };
}

test('sums the receipts of its batches', async () => {
  const accounting = createAccounting(clientKnowing('a', 'b', 'other'));
  for (const id of ['a', 'b', 'c']) accounting.add(id);

  expect(await accounting.sweep(signal)).toEqual({ asked: 3, applied: 2 });
  expect(accounting.outstanding()).toBe(1);
  expect(accounting.totals()).toEqual({
    received: 20,
    uniqueProcessed: 14,
    duplicateDropped: 6,
    deadLettered: 2,
  });
});

test('asks for a hundred at most, and for those that are not applied again at the end', async () => {
  const client = clientKnowing();
  const accounting = createAccounting(client);
  for (let n = 0; n < 150; n++) accounting.add(`batch-${n}`);
  await accounting.sweep(signal);
  await accounting.sweep(signal);

  expect(client.asked.map(({ length }) => length)).toEqual([100, 100]);
  expect(client.asked[1]?.slice(48, 52)).toEqual(['batch-148', 'batch-149', 'batch-0', 'batch-1']);
});

test('sweeps side by side never ask for the same batch', async () => {
  const client = clientKnowing('a', 'b');
  const accounting = createAccounting(client);
  accounting.add('a');
  const sweeps = [accounting.sweep(signal)];
  accounting.add('b');
  sweeps.push(accounting.sweep(signal));
  expect(accounting.outstanding()).toBe(2);
  await Promise.all(sweeps);

  expect(client.asked).toEqual([['a'], ['b']]);
  expect(accounting.outstanding()).toBe(0);
});

test('a receipt that was not asked for, or comes twice, counts for nothing', async () => {
  const accounting = createAccounting({ batches: async () => [receipt('a'), receipt('a'), receipt('x')] });
  accounting.add('a');

  expect(await accounting.sweep(signal)).toEqual({ asked: 1, applied: 1 });
  expect(accounting.totals().received).toBe(10);
});

test('an id that two batches share is noticed', async () => {
  const accounting = createAccounting(clientKnowing());
  accounting.add('a');
  accounting.add('a');

  expect(accounting.repeatedIds()).toBe(1);
  expect(accounting.outstanding()).toBe(1);
});

test('a sweep that fails loses no batch', async () => {
  const accounting = createAccounting({ batches: () => Promise.reject(new Error('away')) });
  accounting.add('a');

  await expect(accounting.sweep(signal)).rejects.toThrow('away');
  expect(accounting.outstanding()).toBe(1);
});
