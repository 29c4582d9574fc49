import { expect, it } from 'vitest';
import { readOptions } from './options.ts';

const read = (...args: string[]) => readOptions(args, { freshSeed: 7 });

it('reads what is given, and has a default for the rest', () => {
  expect(read()).toEqual({
    outcome: 'valid',
    options: {
      minutes: 10,
      seed: 7,
      kills: undefined,
      consumers: 3,
      publishers: 4,
      compose: false,
      plan: false,
    },
  });
  expect(read('--minutes', '0.5', '--seed=42', '--kills', '500', '--compose', '--plan')).toMatchObject({
    options: { minutes: 0.5, seed: 42, kills: 500, compose: true, plan: true },
  });
});

it.each([
  [['--minutes', 'ten', '--kills', '0'], 2],
  [['--seed', '-1'], 1],
  [['--seed', '1e3'], 1],
  [['--speed', '1'], 1],
  [['fast'], 1],
])('refuses %j', (args, problems) => {
  const result = read(...args);
  expect(result.outcome === 'invalid' && result.problems).toHaveLength(problems);
});
