import { jsonPointer } from './json-pointer.ts';
import { MAX_VIOLATIONS } from './limits.ts';
import type { Violation } from './problem.ts';
import type { BrokenRule } from './violations.ts';

/** A parsed query string: Node's `querystring` returns this. */
export type RawQuery = Record<string, string | string[] | undefined>;

/** Says which rule a value breaks, if any. */
export type Check = (value: string) => BrokenRule | undefined;

/** A query under examination: what is wrong with it is collected in `violations`. */
export interface QueryReading {
  query: RawQuery;
  /** Where the parameters stand, as the beginning of a JSON pointer. */
  under: readonly string[];
  violations: Violation[];
}

export function report(reading: QueryReading, name: string, broken: BrokenRule): void {
  if (reading.violations.length >= MAX_VIOLATIONS) return;
  reading.violations.push({ pointer: jsonPointer([...reading.under, name]), ...broken });
}

/** A misspelt filter would otherwise return everything. */
export function refuseUnknown(reading: QueryReading, known: object): void {
  for (const name of Object.keys(reading.query)) {
    if (Object.hasOwn(known, name)) continue;
    const detail = `There is no such parameter; there is ${Object.keys(known).join(', ') || 'none here'}.`;
    report(reading, name, { rule: 'unknown-parameter', detail });
  }
}

/** The value of a parameter that may be given once; undefined if it is absent or broken. */
export function readOne(reading: QueryReading, name: string, check: Check): string | undefined {
  const [value, ...others] = valuesOf(reading, name);
  if (value === undefined) return undefined;
  const broken =
    others.length > 0 ? { rule: 'repeated', detail: 'It may be given only once.' } : check(value);
  if (broken === undefined) return value;
  report(reading, name, broken);
  return undefined;
}

/** The values of a parameter that may be repeated, in their order. Only the first broken one is reported. */
export function readMany(reading: QueryReading, name: string, rule: { max: number; check: Check }): string[] {
  const values = valuesOf(reading, name);
  const broken =
    values.length > rule.max
      ? { rule: 'max-items', detail: `It may be given at most ${rule.max} times.` }
      : values.map(rule.check).find((found) => found !== undefined);
  if (broken !== undefined) report(reading, name, broken);
  return values;
}

function valuesOf({ query }: QueryReading, name: string): string[] {
  const value = Object.hasOwn(query, name) ? query[name] : undefined;
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** Leaves absent parameters out, as `exactOptionalPropertyTypes` asks. */
export function defined<T extends Record<string, string | undefined>>(
  values: T,
): { [K in keyof T]?: string } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: string };
}
