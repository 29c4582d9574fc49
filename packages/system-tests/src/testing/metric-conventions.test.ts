import { expect, it } from 'vitest';
import { parseExposition } from './exposition.ts';
import { conventionProblems } from './metric-conventions.ts';

const metric = (name: string, type: string, ...samples: string[]): string =>
  `# HELP ${name} What it is good for.\n# TYPE ${name} ${type}\n${samples.join('\n')}\n`;
const S = 'service="x"';
const problems = (text: string): string[] => parseExposition(text).flatMap(conventionProblems);
const whole = (...counts: [number, number, number]): string[] => [
  `oncelog_a_seconds_bucket{le="0.5",${S}} ${counts[0]}`,
  `oncelog_a_seconds_bucket{le="+Inf",${S}} ${counts[1]}`,
  `oncelog_a_seconds_sum{${S}} 1.5`,
  `oncelog_a_seconds_count{${S}} ${counts[2]}`,
];

it.each([
  metric('oncelog_a_events_total', 'counter', `oncelog_a_events_total{outcome="unique",${S}} 3`),
  metric('oncelog_a_duration_seconds', 'gauge', `oncelog_a_duration_seconds{${S}} Nan`),
  metric('oncelog_a_seconds', 'histogram', ...whole(1, 2, 2)),
])('finds nothing wrong with %j', (text) => {
  expect(problems(text)).toEqual([]);
});

it.each([
  ['_total for counters', metric('oncelog_a_events', 'counter', `oncelog_a_events{${S}} 1`)],
  ['_total for counters', metric('oncelog_a_total', 'gauge', `oncelog_a_total{${S}} 1`)],
  ['base units', metric('oncelog_a_ms', 'gauge', `oncelog_a_ms{${S}} 1`)],
  ['seconds', metric('oncelog_a_duration', 'gauge', `oncelog_a_duration{${S}} 1`)],
  ['bytes', metric('oncelog_memory_used', 'gauge', `oncelog_memory_used{${S}} 1`)],
  ['known labels', metric('oncelog_a', 'gauge', `oncelog_a{topic="orders",${S}} 1`)],
  ['the service', metric('oncelog_a', 'gauge', 'oncelog_a 1')],
  ['a prefix', metric('other_a', 'gauge', `other_a{${S}} 1`)],
  ['counters from 0', metric('oncelog_a_total', 'counter', `oncelog_a_total{${S}} -1`)],
  ['each series once', metric('oncelog_a', 'gauge', `oncelog_a{${S}} 1`, `oncelog_a{${S}} 2`)],
  ['whole histograms', metric('oncelog_a_seconds', 'histogram', ...whole(2, 1, 1))],
  ['whole histograms', metric('oncelog_a_seconds', 'histogram', ...whole(1, 2, 3))],
  ['whole histograms', metric('oncelog_a_seconds', 'histogram', ...whole(1, 2, 2).toSpliced(1, 1))],
])('finds what breaks the rule of %s in %j', (rule, text) => {
  expect(problems(text).join()).toContain(rule);
});

it.each([
  'oncelog_a 1\n', // outside of its metric
  '# TYPE oncelog_a gauge\noncelog_a 1\n', // no help
  metric('oncelog_a', 'gauge', 'oncelog_a{a="1" 1'),
  metric('oncelog_a', 'gauge', 'oncelog_a{a=1} 1'),
  metric('oncelog_a', 'gauge', 'oncelog_a one'),
  metric('oncelog_a', 'gauge', 'oncelog_a 1').trimEnd(),
  metric('oncelog_a', 'gauge', 'oncelog_a 1').repeat(2),
])('does not read %j', (text) => {
  expect(() => parseExposition(text)).toThrow();
});
