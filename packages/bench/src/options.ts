import { parseArgs } from 'node:util';
import { MEASURE_IDS, type MeasureId } from './measure-ids.ts';

/** What `npm run bench` can be told. */
export interface BenchOptions {
  /** Small figures that show that everything works; they say nothing about speed. */
  readonly quick: boolean;
  /** Which measures to take, in their own order. */
  readonly only: readonly MeasureId[];
  /** Where the results go as JSON. */
  readonly json: string | undefined;
  readonly seed: number;
  /** How often each run is repeated. */
  readonly repeats: number;
  /** Events of a run with batches; runs with single events have fewer. */
  readonly events: number;
  readonly consumers: number;
}

export type OptionsResult =
  | { readonly outcome: 'valid'; readonly options: BenchOptions }
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

export const USAGE =
  'npm run bench -- [--quick] [--only B1,B2] [--json FILE] [--seed 1] [--repeats 3] [--events 300000] [--consumers 2]';

/** A run of so many takes 3 to 5 s on two cores. */
const EVENTS = 300_000;
const QUICK_EVENTS = EVENTS / 15;

/** All problems at once. */
export function readOptions(args: readonly string[]): OptionsResult {
  const problems: string[] = [];
  const values = valuesOf(args, problems);
  const number = (name: string, from: number, to: number): number | undefined => {
    const text = values[name];
    if (typeof text !== 'string') return undefined;
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= from && value <= to))
      problems.push(`--${name} must be a whole number from ${from} to ${to}`);
    return value;
  };
  const quick = values['quick'] === true;
  const options: BenchOptions = {
    quick,
    only: readOnly(values['only'], problems),
    json: readFile(values['json'], problems),
    seed: number('seed', 0, 2 ** 31 - 1) ?? 1,
    repeats: number('repeats', 1, 100) ?? (quick ? 1 : 3),
    events: number('events', 1_000, 10_000_000) ?? (quick ? QUICK_EVENTS : EVENTS),
    consumers: number('consumers', 1, 16) ?? 2,
  };
  return problems.length > 0 ? { outcome: 'invalid', problems } : { outcome: 'valid', options };
}

function readOnly(text: unknown, problems: string[]): readonly MeasureId[] {
  if (typeof text !== 'string') return MEASURE_IDS;
  const names = text.split(',').map((name) => name.trim().toUpperCase());
  const unknown = names.filter((name) => !MEASURE_IDS.some((id) => id === name));
  if (unknown.length > 0)
    problems.push(`--only knows ${MEASURE_IDS.join(', ')}, not "${unknown.join(', ')}"`);
  return MEASURE_IDS.filter((id) => names.includes(id));
}

function readFile(text: unknown, problems: string[]): string | undefined {
  if (text === '') problems.push('--json must be a file');
  return typeof text === 'string' ? text : undefined;
}

function valuesOf(args: readonly string[], problems: string[]): Readonly<Record<string, unknown>> {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string' },
        json: { type: 'string' },
        seed: { type: 'string' },
        repeats: { type: 'string' },
        events: { type: 'string' },
        consumers: { type: 'string' },
      },
    }).values;
  } catch (error) {
    problems.push((error as Error).message);
    return {};
  }
}
