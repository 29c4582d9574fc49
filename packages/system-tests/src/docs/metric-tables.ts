import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { MetricFamily } from '../testing/exposition.ts';
import { markdownFiles, readMarkdown, repositoryRoot } from './markdown-files.ts';

const OWN_PREFIX = 'oncelog_';
/** On every series, or put there by Prometheus. */
const COMMON_LABELS = new Set(['service', 'le', 'instance', 'job']);

/** A row of the table of docs/observability.md for each metric of ours, sorted. */
export function metricRows(scrapes: Readonly<Record<string, readonly MetricFamily[]>>): string[] {
  const found = Object.entries(scrapes).flatMap(([service, families]) =>
    families.filter(({ name }) => name.startsWith(OWN_PREFIX)).map((family) => ({ service, family })),
  );
  return [...Map.groupBy(found, ({ family }) => family.name).values()].map(rowOf).sort();
}

function rowOf(found: readonly { service: string; family: MetricFamily }[]): string {
  const [first] = found;
  if (first === undefined) throw new Error('no metric');
  const { name, type, help } = first.family;
  const labels = [...labelsOf(found.map(({ family }) => family))].filter(
    (label) => !COMMON_LABELS.has(label),
  );
  const services = [...new Set(found.map(({ service }) => service))].join(', ');
  return `| \`${name}\` | ${type} | ${services} | ${labels.join(', ') || '–'} | ${help} |`;
}

/** Of series that are there only now and then. */
const LABELS_WITHOUT_SERIES: Readonly<Record<string, string>> = { oncelog_audit_difference: 'check' };

function labelsOf(families: readonly MetricFamily[]): Set<string> {
  const known = families.flatMap(({ name }) => LABELS_WITHOUT_SERIES[name] ?? []);
  const seen = families.flatMap(({ samples }) => samples.flatMap(({ labels }) => Object.keys(labels)));
  return new Set([...known, ...seen]);
}

/** The rows of metrics that the page has, with single spaces. */
export function writtenRows(markdown: string): string[] {
  const rows = markdown.split('\n').filter((line) => line.startsWith(`| \`${OWN_PREFIX}`));
  return rows.map((row) => row.replaceAll(/ +/g, ' ')).sort();
}

/** A text that names metrics, and where it stands. */
export interface Mention {
  readonly file: string;
  readonly text: string;
}

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The rules of Prometheus, in order. */
export function readRules(): Rule[] {
  const files = globSync('infra/prometheus/rules/*.yml', { cwd: repositoryRoot }).sort();
  return files.flatMap((file) => {
    const { groups } = parse(read(file)) as { groups: { rules: Rule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  });
}

/** The names of the cases in which the rules are tested. */
export function readRuleTests(): string[] {
  const { tests } = parse(read('infra/prometheus/tests/alerts.yml')) as { tests: { name: string }[] };
  return tests.map(({ name }) => name);
}

/** The expressions of the rules. */
export function ruleMentions(): Mention[] {
  return readRules().map(({ record, alert, expr }) => ({ file: `rule ${record ?? alert}`, text: expr }));
}

/** Every expression and query of the dashboards of Grafana, whatever panel it is in. */
export function dashboardMentions(): Mention[] {
  const files = globSync('infra/grafana/dashboards/*.json', { cwd: repositoryRoot });
  return files.flatMap((file) => {
    const texts: string[] = [];
    JSON.parse(read(file), (key, value: unknown) => {
      if (['expr', 'definition'].includes(key) && typeof value === 'string') texts.push(value);
      return value;
    });
    return texts.map((text) => ({ file, text }));
  });
}

/** Its `oncelog_…` are metrics of k6. */
const K6_README = 'infra/k6/README.md';

/** The code in the documentation that begins like a metric of ours. */
export function docsMentions(): Mention[] {
  return markdownFiles()
    .filter((file) => file !== K6_README)
    .map((file) => ({ file, text: readMarkdown(file) }));
}

/** `oncelog_…` in a text for several metrics stands for those that begin so. */
const OWN_NAME = /\boncelog_[a-z_]*[a-z_](…?)/g;
/** What is left of an expression when strings, labels, ranges, groupings and variables are gone: names and functions. */
const NOT_NAMES = /"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|on|without|ignoring)\s*\([^)]*\)|\$\w+/g;
const NAME = /(?<![\w:.])[a-z_][a-z0-9_:]*(?![\w:]|\s*\()/g;
const WITH_LABELS = /\b([a-z_:][a-z0-9_:]*)\{([^}]*)\}/g;

/** What a Markdown text names that is not in `names`. */
export function unknownInDocs({ text }: Mention, names: ReadonlySet<string>): string[] {
  return [...text.matchAll(OWN_NAME)]
    .map(([whole, more]) => ({ name: whole.replace('…', ''), isPrefix: more === '…' }))
    .filter(
      ({ name, isPrefix }) => !(isPrefix ? [...names].some((one) => one.startsWith(name)) : names.has(name)),
    )
    .map(({ name }) => name);
}

/** Words of the query language, what Prometheus knows by itself, and the label that dashboards list. */
const NO_METRICS = new Set(['and', 'or', 'unless', 'up', 'instance']);

/** What an expression names that is not in `names`. */
export function unknownInExpression({ text }: Mention, names: ReadonlySet<string>): string[] {
  const found = text.replaceAll(NOT_NAMES, '').matchAll(NAME);
  return [...found].map(([name]) => name).filter((name) => !names.has(name) && !NO_METRICS.has(name));
}

/** The labels that an expression asks for of a metric that does not have them. */
export function unknownLabels(
  { text }: Mention,
  labelsByName: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  return [...text.matchAll(WITH_LABELS)].flatMap(([, name = '', matchers = '']) => {
    const asked = [...matchers.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
    const known = labelsByName.get(name);
    return asked
      .filter((label) => !COMMON_LABELS.has(label) && known !== undefined && !known.has(label))
      .map((label) => `${name}{${label}}`);
  });
}

/** With the names of a histogram's samples. */
export function sampleNames(families: readonly MetricFamily[]): Map<string, Set<string>> {
  return new Map(
    families.flatMap((family) => {
      const labels = labelsOf([family]);
      const suffixes = family.type === 'histogram' ? ['', '_bucket', '_sum', '_count'] : [''];
      return suffixes.map((suffix) => [`${family.name}${suffix}`, labels] as const);
    }),
  );
}

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8');
