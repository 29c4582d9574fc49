import { expect, it } from 'vitest';
import { createLane } from './lane.ts';

it('does one thing after the other, in order, whatever becomes of them', async () => {
  const lane = createLane(() => 0);
  const order: string[] = [];
  let running = 0;
  const work = (name: string, fails = false) =>
    lane(async () => {
      running += 1;
      expect(running).toBe(1);
      order.push(name);
      await new Promise(setImmediate);
      running -= 1;
      if (fails) throw new Error(name);
      return name;
    });
  const all = await Promise.allSettled([work('a'), work('b', true), work('c')]);
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(order).toEqual(['a', 'b', 'c']);
});

it('rests as long as the work took, but not for ever', async () => {
  let now = 0;
  const lane = createLane(() => now);
  await lane(async () => {
    now += 20;
  });
  const startedAt = performance.now();
  await lane(async () => {
    now += 1e9;
  });
  expect(performance.now() - startedAt).toBeGreaterThan(15);
  await lane(async () => {});
});
