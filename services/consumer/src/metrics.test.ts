import { createRegistry } from '@oncelog/service-kit';
import { expect, it } from 'vitest';
import { createConsumerMetrics, deadLetterClass, secondsSinceAppend } from './metrics.ts';

it.each([
  ['22P05', '22'],
  ['23514', '23'],
  ['54000', '54'],
  ['unreadable', 'unreadable'],
  ['foreign', 'foreign'],
  ['XX000', 'other'],
  ['53100', 'other'],
  ['', 'other'],
])('counts a dead letter of code %s under %s', (code, expected) => {
  expect(deadLetterClass(code)).toBe(expected);
});

it('takes the age of an entry from its ID, and 0 where the clock of Redis is ahead', () => {
  expect(secondsSinceAppend('1795535531196-7', 1_795_535_532_446)).toBe(1.25);
  expect(secondsSinceAppend('1795535531196-0', 1_795_535_531_195)).toBe(0);
});

it('shows one state of two for each shard', async () => {
  const registry = createRegistry('consumer');
  const { showState } = createConsumerMetrics(registry);
  showState(0, 'recovering');
  showState(1, 'recovering');
  showState(1, 'reading');
  const lines = (await registry.metrics())
    .split('\n')
    .filter((line) => /^oncelog_consumer_state\{/.test(line));
  expect(lines).toEqual([
    'oncelog_consumer_state{shard="0",state="recovering",service="consumer"} 1',
    'oncelog_consumer_state{shard="0",state="reading",service="consumer"} 0',
    'oncelog_consumer_state{shard="1",state="recovering",service="consumer"} 0',
    'oncelog_consumer_state{shard="1",state="reading",service="consumer"} 1',
  ]);
});
