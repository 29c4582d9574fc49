import { expect, it } from 'vitest';
import { createSlots, DatabaseBusyError } from './slots.ts';

it('lets as many in as there are slots, and the others in turn', async () => {
  const slots = createSlots(2);
  const [first, second] = [await slots.take(1_000), await slots.take(1_000)];
  const order: string[] = [];
  const third = slots.take(1_000).then((release) => {
    order.push('third');
    return release;
  });
  const fourth = slots.take(1_000).then((release) => {
    order.push('fourth');
    return release;
  });
  await new Promise(setImmediate);
  expect(order).toEqual([]);
  first();
  first(); // gives back nothing more
  await third;
  await new Promise(setImmediate);
  expect(order).toEqual(['third']);
  second();
  (await fourth)();
  (await third)();
  await Promise.all([slots.take(1_000), slots.take(1_000)]);
});

it('gives up after the time that is named, and loses no slot by it', async () => {
  const slots = createSlots(1);
  const release = await slots.take(1_000);
  await expect(slots.take(1)).rejects.toBeInstanceOf(DatabaseBusyError);
  release();
  await slots.take(1_000);
});
