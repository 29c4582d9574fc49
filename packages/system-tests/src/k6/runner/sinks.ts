import type { MetricType, Sample } from './messages.ts';

/** The values of a metric, or of those of its samples that have certain tags, in the way of k6. */
interface Sink {
  readonly type: MetricType;
  readonly values: number[];
}

export type Thresholds = Readonly<Record<string, readonly string[]>>;

export interface SummaryMetric {
  readonly type: MetricType;
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { ok: boolean }>>;
}

/** Those that k6 has by itself, as far as they are measured here. */
const BUILT_IN: Readonly<Record<string, MetricType>> = {
  checks: 'rate',
  dropped_iterations: 'counter',
  http_req_duration: 'trend',
  http_req_failed: 'rate',
  http_reqs: 'counter',
  iterations: 'counter',
};

/** Collects the samples of a run, and says whether they meet its thresholds. */
export interface Sinks {
  declare(name: string, type: MetricType): void;
  add(samples: readonly Sample[]): void;
  /** Of the metrics that have samples or thresholds, for `handleSummary`. */
  summary(input: { seconds: number; trendStats: readonly string[] }): Record<string, SummaryMetric>;
}

/** Called once the metrics of the script are declared. */
type Create = (thresholds: Thresholds) => Sinks;

export const createSinks: Create = (thresholds) => {
  const types = new Map(Object.entries(BUILT_IN));
  const sinks = new Map<string, Sink>();

  const sinkOf = (key: string): Sink => {
    const known = sinks.get(key);
    if (known !== undefined) return known;
    const type = types.get(nameOf(key));
    if (type === undefined) throw new Error(`there is no metric ${nameOf(key)}`);
    const sink = { type, values: [] };
    sinks.set(key, sink);
    return sink;
  };

  return {
    declare(name, type) {
      if ((types.get(name) ?? type) !== type) throw new Error(`metric '${name}' exists with another type`);
      types.set(name, type);
    },
    add(samples) {
      for (const { metric, value, tags } of samples) {
        sinkOf(metric).values.push(value);
        for (const key of Object.keys(thresholds)) {
          if (key !== metric && nameOf(key) === metric && matches(key, tags)) sinkOf(key).values.push(value);
        }
      }
    },
    summary({ seconds, trendStats }) {
      for (const key of Object.keys(thresholds)) sinkOf(key);
      const summarised = [...sinks].map(([key, sink]): [string, SummaryMetric] => {
        const values = valuesOf(sink, { seconds, trendStats });
        const expressions = thresholds[key];
        if (expressions === undefined) return [key, { type: sink.type, values }];
        const judged = expressions.map((expression) => [
          expression,
          { ok: isMet(expression, sink, seconds) },
        ]);
        return [key, { type: sink.type, values, thresholds: Object.fromEntries(judged) }];
      });
      return Object.fromEntries(summarised);
    },
  };
};

function nameOf(key: string): string {
  return key.replace(/\{.*$/, '');
}

/** `metric{name:publish}` */
function matches(key: string, tags: Readonly<Record<string, string>>): boolean {
  const selector = /\{(.*)\}$/.exec(key)?.[1] ?? '';
  return selector.split(',').every((pair) => {
    const [tag = '', value = ''] = pair.trim().split(':');
    return tags[tag] === value;
  });
}

function valuesOf(
  sink: Sink,
  { seconds, trendStats }: { seconds: number; trendStats: readonly string[] },
): Record<string, number> {
  const { type, values } = sink;
  switch (type) {
    case 'counter':
      return { count: sum(values), rate: sum(values) / seconds };
    case 'gauge':
      return { value: values.at(-1) ?? 0, min: Math.min(...values), max: Math.max(...values) };
    case 'rate': {
      const passes = values.filter((value) => value !== 0).length;
      return { rate: passes / values.length || 0, passes, fails: values.length - passes };
    }
    case 'trend':
      return Object.fromEntries(trendStats.map((stat) => [stat, trendStat(stat, values)]));
  }
}

function trendStat(stat: string, values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const percentile = /^p\((\d+(?:\.\d+)?)\)$/.exec(stat)?.[1];
  if (percentile !== undefined) return quantile(sorted, Number(percentile) / 100);
  const stats: Record<string, () => number> = {
    min: () => sorted[0] ?? 0,
    max: () => sorted.at(-1) ?? 0,
    avg: () => sum(sorted) / sorted.length || 0,
    med: () => quantile(sorted, 0.5),
  };
  const found = stats[stat];
  if (found === undefined) throw new Error(`there is no statistic ${stat}`);
  return found();
}

/** Linear between the two neighbours. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [low = 0, high = low] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}

const EXPRESSION =
  /^(count|rate|value|min|max|avg|med|p\(\d+(?:\.\d+)?\))\s*(<=|>=|==|<|>)\s*(\d+(?:\.\d+)?)$/;

function isMet(expression: string, sink: Sink, seconds: number): boolean {
  const [, stat = '', operator, right] = EXPRESSION.exec(expression) ?? [];
  if (operator === undefined) throw new Error(`no threshold that this runner knows: ${expression}`);
  // of a rate without samples k6 says that its threshold is met
  if (sink.type === 'rate' && sink.values.length === 0) return true;
  const left = valuesOf(sink, { seconds, trendStats: [stat] })[stat];
  if (left === undefined) throw new Error(`a ${sink.type} has no ${stat}`);
  return compare(left, operator, Number(right));
}

function compare(left: number, operator: string, right: number): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default:
      return left === right;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
