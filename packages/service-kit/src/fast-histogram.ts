import type { Histogram, Registry } from 'prom-client';

export interface FastHistogramOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, ascending; what is above the last one counts all the same. */
  readonly buckets: readonly number[];
  readonly labelNames?: readonly Label[];
}

/** The observations with one set of label values. */
export interface Series {
  observe(value: number): void;
  /** The seconds until the returned function is called. */
  startTimer(): () => void;
  /** The seconds that the work takes; nothing where it fails. */
  time<T>(work: () => Promise<T>): Promise<T>;
}

export interface FastHistogram<Label extends string> {
  /** Made at the first call, and shown from then on: keep it where it is needed often. Values must be bounded. */
  series(labels: Readonly<Record<Label, string>>): Series;
}

/**
 * A histogram for hot paths. Prom-client's own looks up its labels at each observation, which takes 0.6 µs, and 1.5 with
 * three labels; here that is done once, and an observation takes some 20 ns. The registry shows it in the same form.
 */
export function createFastHistogram<Label extends string = never>(
  registry: Registry,
  { name, help, buckets, labelNames = [] }: FastHistogramOptions<Label>,
): FastHistogram<Label> {
  const all = new Map<string, Counts>();
  const description = { name, help, type: 'histogram', aggregator: 'sum' };
  const valuesNow = () => [...all.values()].flatMap((counts) => samplesOf(name, counts));
  const metric = { ...description, get: async () => ({ ...description, values: valuesNow() }) };
  // of a metric the registry wants its name, and its values when they are asked for
  registry.registerMetric(metric as unknown as Histogram);

  return {
    series(labels) {
      const key = labelNames.map((label) => labels[label]).join('\0');
      const known = all.get(key);
      if (known !== undefined) return seriesOf(known);
      const counts = { labels, buckets, counts: new Float64Array(buckets.length + 1), sum: 0 };
      all.set(key, counts);
      return seriesOf(counts);
    },
  };
}

/** A fast histogram without labels. */
export function createFastSeries(registry: Registry, options: FastHistogramOptions<never>): Series {
  return createFastHistogram(registry, options).series({});
}

interface Counts {
  readonly labels: Readonly<Record<string, string>>;
  readonly buckets: readonly number[];
  /** By bucket, not cumulated; the last one is above all buckets. */
  readonly counts: Float64Array;
  sum: number;
}

function seriesOf(into: Counts): Series {
  const { buckets, counts } = into;
  const observe = (value: number): void => {
    let bucket = 0;
    while (bucket < buckets.length && value > (buckets[bucket] as number)) bucket += 1;
    counts[bucket] = (counts[bucket] as number) + 1;
    into.sum += value;
  };
  const startTimer = (): (() => void) => {
    const startedAt = performance.now();
    return () => observe((performance.now() - startedAt) / 1_000);
  };
  return {
    observe,
    startTimer,
    async time(work) {
      const stop = startTimer();
      const result = await work();
      stop();
      return result;
    },
  };
}

function samplesOf(name: string, { labels, buckets, counts, sum }: Counts) {
  let count = 0;
  const cumulated = [...buckets, '+Inf'].map((le, at) => {
    count += counts[at] as number;
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
  });
  return [
    ...cumulated,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
