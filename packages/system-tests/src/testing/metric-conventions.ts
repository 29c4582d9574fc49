import type { MetricFamily, Sample } from './exposition.ts';

/** Every label that may be there, each with a bounded set of values. Topics, IDs and paths are none of them. */
const LABELS = new Set([
  'service',
  'le',
  // the gateway's requests: methods and routes of its table of operations
  'method',
  'route',
  'status',
  'code',
  'outcome',
  'kind',
  'class',
  'state',
  'pool',
  'shard',
  'check',
  'reason',
  // what runs
  'version',
  'node_version',
  'major',
  'minor',
  'patch',
  // Node.js
  'type',
  'space',
]);

/** Units that are no base units, and what says nothing. */
const WRONG_WORDS =
  /(^|_)(ms|millis|milliseconds|us|micros|microseconds|ns|nanoseconds|minutes|hours|days|kb|mb|kib|mib|kilobytes|megabytes|percent|percentage|number|value|metric)(_|$)/;
const TIMES = /(^|_)(duration|age|lag|timestamp|latency|uptime)(_|$)/;
const SIZES = /(^|_)(memory|size)(_|$)/;

/**
 * What is wrong with a metric after the conventions of Prometheus (https://prometheus.io/docs/practices/naming/):
 * base units as suffixes, `_total` for counters and for nothing else, histograms that are whole, known labels.
 */
export function conventionProblems(family: MetricFamily): string[] {
  const { name, type, help, samples } = family;
  const rules: readonly (readonly [holds: boolean, problem: string])[] = [
    [/^(oncelog|process|nodejs)(_[a-z0-9]+)+$/.test(name), 'a prefix and lower case'],
    [help.length > 10, 'a help text'],
    [(type === 'counter') === name.endsWith('_total'), '_total for counters, and only for them'],
    [!/_(sum|count|bucket)$/.test(name), 'no suffix of histograms'],
    [!WRONG_WORDS.test(name), 'base units'],
    [!TIMES.test(name) || /_(seconds|entries)(_total)?$/.test(name), 'seconds'],
    [!SIZES.test(name) || /_bytes(_total)?$/.test(name), 'bytes'],
    [samples.every(({ labels }) => Object.keys(labels).every((label) => LABELS.has(label))), 'known labels'],
    [samples.every(({ labels }) => labels['service'] !== undefined), 'the service'],
    [type !== 'counter' || samples.every(({ value }) => value >= 0), 'counters from 0'],
    [type !== 'histogram' || seriesOf(samples).every(isWhole), 'whole histograms'],
    [new Set(samples.map(keyOf)).size === samples.length, 'each series once'],
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => `${name}: ${problem}`);
}

/** Name and labels: what makes a series. */
export function keyOf({ name, labels }: Sample): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => a.localeCompare(b));
  return `${name}{${sorted.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
}

/** The samples of each series of a histogram. */
function seriesOf(samples: readonly Sample[]): Sample[][] {
  const withoutBound = ({ labels: { le, ...labels } }: Sample) => keyOf({ name: '', labels, value: 0 });
  return [...Map.groupBy(samples, withoutBound).values()];
}

/** Buckets ascend and cumulate, the last one is all, and equals the count. */
function isWhole(samples: readonly Sample[]): boolean {
  const buckets = samples.filter(({ labels }) => labels['le'] !== undefined);
  const ascends = (values: readonly number[]): boolean =>
    values.every((value, at) => at === 0 || value >= (values[at - 1] ?? 0));
  const bounds = buckets.map(({ labels: { le } }) => (le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le)));
  const count = samples.find(({ name }) => name.endsWith('_count'))?.value;
  return (
    ascends(bounds) &&
    bounds.at(-1) === Number.POSITIVE_INFINITY &&
    ascends(buckets.map(({ value }) => value)) &&
    buckets.at(-1)?.value === count &&
    samples.some(({ name }) => name.endsWith('_sum'))
  );
}
