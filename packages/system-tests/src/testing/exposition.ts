/** A metric as Prometheus reads it: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** With `_bucket`, `_sum` or `_count` where it is one of a histogram. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const HELP = /^# HELP (\S+) (.+)$/;
const TYPE = /^# TYPE (\S+) (counter|gauge|histogram)$/;
const SAMPLE = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-z_][a-z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/y;

/**
 * Reads the text of a scrape.
 *
 * @throws where a line is none of the format, or a sample stands outside of its metric
 */
export function parseExposition(text: string): MetricFamily[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families: (MetricFamily & { samples: Sample[] })[] = [];
  let help: RegExpExecArray | null = null;
  for (const line of text.split('\n').filter(Boolean)) {
    const type = TYPE.exec(line);
    if (type !== null) {
      if (help?.[1] !== type[1]) throw new Error(`no HELP before: ${line}`);
      families.push({ name: type[1] ?? '', help: help?.[2] ?? '', type: type[2] ?? '', samples: [] });
    } else if (line.startsWith('#')) {
      help = HELP.exec(line);
      if (help === null) throw new Error(`not understood: ${line}`);
    } else {
      const family = families.at(-1);
      const sample = parseSample(line);
      if (family === undefined || !belongs(sample, family)) throw new Error(`outside of its metric: ${line}`);
      family.samples.push(sample);
    }
  }
  const names = families.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new Error(`twice: ${names.toSorted().join(' ')}`);
  return families;
}

function parseSample(line: string): Sample {
  const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (name === '') throw new Error(`not understood: ${line}`);
  return { name, labels: parseLabels(labels), value: parseValue(value) };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    const [, name = '', value = ''] = LABEL.exec(text) ?? [];
    if (name === '' || name in labels) throw new Error(`labels not understood: ${text}`);
    labels[name] = value;
  }
  return labels;
}

/** Prometheus reads `Nan` and `+Inf`, whatever their case. */
function parseValue(text: string): number {
  if (/^nan$/i.test(text)) return Number.NaN;
  if (/^\+?inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (Number.isNaN(value)) throw new Error(`no number: ${text}`);
  return value;
}

function belongs({ name }: Sample, family: MetricFamily): boolean {
  const suffixes = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  return suffixes.some((suffix) => name === `${family.name}${suffix}`);
}

/** The sum of a metric's samples that have these labels; 0 where there is none. */
export function sumOf(
  families: readonly MetricFamily[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return families
    .flatMap(({ samples }) => samples)
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}
