import { expect, it } from 'vitest';
import { createFastHistogram, createFastSeries } from './fast-histogram.ts';
import { createRegistry, Histogram } from './metrics.ts';

const OPTIONS = { help: 'How long.', buckets: [0.005, 0.25, 5] };
const VALUES = [0, 0.005, 0.0051, 0.25, 4, 5, 5.1, 1_000];

const linesOf = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.includes(name));

/** Labels have no order. */
const sortLabels = (line: string): string =>
  line.replace(/\{(.*)\}/, (_all, labels: string) => `{${labels.split(',').sort().join()}}`);

it('is shown as a histogram of prom-client is', async () => {
  const registry = createRegistry('test');
  const labelNames = ['route', 'status'] as const;
  const registers = [registry];
  const slow = new Histogram({ ...OPTIONS, name: 'slow_seconds', labelNames, registers });
  const fast = createFastHistogram(registry, { ...OPTIONS, name: 'fast_seconds', labelNames });
  for (const labels of [
    { route: '/a', status: '200' },
    { route: '/a', status: '503' },
  ]) {
    for (const value of VALUES) slow.observe(labels, value);
    const series = fast.series(labels);
    for (const value of VALUES) series.observe(value);
  }
  const text = await registry.metrics();
  const fastLines = linesOf(text, 'fast_seconds').map((line) => line.replace('fast', 'slow'));
  expect(fastLines.map(sortLabels)).toEqual(linesOf(text, 'slow_seconds').map(sortLabels));
  expect(linesOf(text, 'fast_seconds')).toHaveLength(2 + 2 * 6);
});

it('keeps one series for a set of labels', async () => {
  const registry = createRegistry('test');
  const fast = createFastHistogram(registry, { ...OPTIONS, name: 'fast_seconds', labelNames: ['route'] });
  for (let i = 0; i < 3; i += 1) fast.series({ route: '/a' }).observe(1);
  expect(linesOf(await registry.metrics(), 'fast_seconds_count')).toEqual([
    'fast_seconds_count{route="/a",service="test"} 3',
  ]);
});

it('is there with zeros before anything is observed, where it has no labels', async () => {
  const registry = createRegistry('test');
  createFastSeries(registry, { ...OPTIONS, name: 'fast_seconds' });
  expect(linesOf(await registry.metrics(), 'fast_seconds_count')).toEqual([
    'fast_seconds_count{service="test"} 0',
  ]);
});

it('times what succeeds, and not what fails', async () => {
  const registry = createRegistry('test');
  const series = createFastSeries(registry, { ...OPTIONS, name: 'fast_seconds' });
  expect(await series.time(async () => 'done')).toBe('done');
  await expect(series.time(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  const text = await registry.metrics();
  expect(text).toContain('fast_seconds_count{service="test"} 1');
  expect(Number(/fast_seconds_sum\{.*\} (\S+)/.exec(text)?.[1])).toBeLessThan(5);
});
