import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

it('lets one caller work in each turn of the event loop, in their order', async () => {
  const turn = createTurns();
  const worked: string[] = [];
  const work = async (name: string): Promise<void> => {
    for (let piece = 1; piece <= 3; piece += 1) {
      await turn();
      worked.push(`${name}${piece}`);
    }
  };
  const all = Promise.all([work('a'), work('b'), work('c')]);
  const inEachTurn: number[] = [];
  while (worked.length < 9) {
    const before = worked.length;
    await setImmediate();
    inEachTurn.push(worked.length - before);
  }
  await all;
  expect(Math.max(...inEachTurn)).toBe(1);
  expect(worked).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3']);
});
