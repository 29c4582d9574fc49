import { parseArgs } from 'node:util';

/** What `npm run chaos` can be told. */
export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Exactly so many kills, spread over the minutes. */
  readonly kills: number | undefined;
  readonly consumers: number;
  readonly publishers: number;
  /** Against containers instead of processes. */
  readonly compose: boolean;
  /** Only print what would happen. */
  readonly plan: boolean;
}

export type OptionsResult =
  | { readonly outcome: 'valid'; readonly options: ChaosOptions }
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

export const USAGE =
  'npm run chaos -- [--minutes 10] [--seed 42] [--kills 500] [--consumers 3] [--publishers 4] [--compose] [--plan]';

/** All problems at once. Without `--seed` the run takes `freshSeed`. */
export function readOptions(args: readonly string[], { freshSeed }: { freshSeed: number }): OptionsResult {
  const problems: string[] = [];
  const values = valuesOf(args, problems);
  const number = (name: string, [from, to]: readonly [number, number], form = /^\d{1,10}$/) => {
    const text = values[name];
    if (typeof text !== 'string') return undefined;
    const value = form.test(text) ? Number(text) : Number.NaN;
    if (!(value >= from && value <= to)) problems.push(`--${name} must be a number from ${from} to ${to}`);
    return value;
  };
  const options: ChaosOptions = {
    minutes: number('minutes', [0.1, 1_440], /^\d{1,4}(\.\d{1,3})?$/) ?? 10,
    seed: number('seed', [0, 2 ** 31 - 1]) ?? freshSeed,
    kills: number('kills', [1, 100_000]),
    consumers: number('consumers', [1, 16]) ?? 3,
    publishers: number('publishers', [1, 64]) ?? 4,
    compose: values['compose'] === true,
    plan: values['plan'] === true,
  };
  return problems.length > 0 ? { outcome: 'invalid', problems } : { outcome: 'valid', options };
}

function valuesOf(args: readonly string[], problems: string[]): Readonly<Record<string, unknown>> {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string' },
        seed: { type: 'string' },
        kills: { type: 'string' },
        consumers: { type: 'string' },
        publishers: { type: 'string' },
        compose: { type: 'boolean' },
        plan: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    problems.push((error as Error).message);
    return {};
  }
}
