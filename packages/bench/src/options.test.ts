import { expect, it } from 'vitest';
import { MEASURE_IDS } from './measure-ids.ts';
import { readOptions } from './options.ts';

it('takes every measure three times where nothing is given', () => {
  expect(readOptions([])).toEqual({
    outcome: 'valid',
    options: {
      quick: false,
      only: MEASURE_IDS,
      json: undefined,
      seed: 1,
      repeats: 3,
      events: 300_000,
      consumers: 2,
    },
  });
});

it('is smaller, and does not repeat, where it is to be quick', () => {
  expect(readOptions(['--quick'])).toMatchObject({ options: { quick: true, repeats: 1, events: 20_000 } });
  expect(readOptions(['--quick', '--repeats', '2'])).toMatchObject({ options: { repeats: 2 } });
});

it('reads what is given, and puts the measures in their own order', () => {
  const args = ['--only', 'b10,B2', '--json', 'out.json', '--seed=7', '--events', '5000', '--consumers', '4'];
  expect(readOptions(args)).toMatchObject({
    options: { only: ['B2', 'B10'], json: 'out.json', seed: 7, events: 5_000, consumers: 4 },
  });
});

it.each([
  [['--only', 'B1,B11'], ['B11']],
  [['--only', ''], ['--only']],
  [['--json', ''], ['--json']],
  [
    ['--seed=-1', '--repeats', '0', '--events', '1e5'],
    ['--seed', '--repeats', '--events'],
  ],
  [['--fast'], ['--fast']],
  [['B1'], ['B1']],
])('refuses %j, and names every problem', (args, named) => {
  const result = readOptions(args);
  const problems = result.outcome === 'invalid' ? result.problems : [];
  expect(problems).toHaveLength(named.length);
  for (const [at, name] of named.entries()) expect(problems[at]).toContain(name);
});
