import { Kind, type TSchema } from '@sinclair/typebox';
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors';
import type { JsonFault, JsonRule } from './json-faults.ts';
import { locate } from './json-locate.ts';
import {
  MAX_DOCUMENT_DEPTH,
  MAX_FRACTION_DIGITS,
  MAX_INTEGER_DIGITS,
  MAX_NAME_CHARACTERS,
  MAX_PAYLOAD_DEPTH,
  MAX_TIMESTAMP_FRACTION_DIGITS,
  MAX_VIOLATIONS,
  MAX_WRITTEN_OUT_DIGITS,
} from './limits.ts';
import type { Violation } from './problem.ts';
import { NAME_KIND, nameFault } from './string-types.ts';

/** A violation before it is known where. */
export type BrokenRule = Omit<Violation, 'pointer'>;

const JSON_RULES: Record<JsonRule, string> = {
  'max-depth':
    `Objects and arrays may be nested at most ${MAX_DOCUMENT_DEPTH} levels deep in the document, ` +
    `which is ${MAX_PAYLOAD_DEPTH} levels in a payload.`,
  'nul-character': 'The character U+0000 cannot be stored.',
  'lone-surrogate': 'Half of a surrogate pair is no character and cannot be stored.',
  'number-range':
    `A number may have at most ${MAX_INTEGER_DIGITS} digits before the decimal point ` +
    `and ${MAX_FRACTION_DIGITS} after it.`,
  'number-expansion':
    'The numbers with an exponent, written out without it, ' +
    `may have at most ${MAX_WRITTEN_OUT_DIGITS} digits in one request.`,
};

/** Why a string is no name; undefined if it is one. */
export function brokenName(name: string): BrokenRule | undefined {
  const rule = nameFault(name);
  if (rule === undefined) return undefined;
  const detail =
    rule === 'min-length'
      ? 'It must not be empty.'
      : `It may have at most ${MAX_NAME_CHARACTERS} characters.`;
  return { rule, detail };
}

export const BROKEN_TIMESTAMP: BrokenRule = {
  rule: 'timestamp',
  detail:
    'It must be an RFC 3339 date-time with an offset, such as 2026-01-31T12:00:00Z: a date of the calendar, ' +
    'an offset up to 15:59, years 0001 to 9999 in UTC, ' +
    `at most ${MAX_TIMESTAMP_FRACTION_DIGITS} digits after the second.`,
};

export function brokenJsonRule(rule: JsonRule): BrokenRule {
  return { rule, detail: JSON_RULES[rule] };
}

function brokenType(type: string): BrokenRule {
  return {
    rule: 'type',
    detail: `It must be ${type === 'array' || type === 'object' ? 'an' : 'a'} ${type}.`,
  };
}

/** Puts the faults of a JSON text at their places. */
export function violationsOfFaults(json: Uint8Array, faults: readonly JsonFault[]): Violation[] {
  const places = locate(
    json,
    faults.map((fault) => fault.offset),
  );
  return places.map(({ pointer, isKey }, i) => {
    const broken = brokenJsonRule((faults[i] as JsonFault).rule);
    return { pointer, rule: broken.rule, detail: isKey ? `In a key: ${broken.detail}` : broken.detail };
  });
}

/** One violation for each place that breaks the schema, at most 100. */
export function violationsOfErrors(errors: Iterable<ValueError>): Violation[] {
  const byPointer = new Map<string, Violation>();
  for (const error of errors) {
    if (byPointer.size >= MAX_VIOLATIONS) break;
    // A missing property is reported as missing first, and then as being of the wrong type.
    if (!byPointer.has(error.path)) byPointer.set(error.path, { pointer: error.path, ...brokenRule(error) });
  }
  return [...byPointer.values()];
}

function brokenRule({ type, schema, value }: ValueError): BrokenRule {
  if (type === ValueErrorType.ObjectRequiredProperty) return { rule: 'required', detail: 'It is required.' };
  if (type === ValueErrorType.ArrayMinItems) return { rule: 'min-items', detail: 'It must not be empty.' };
  if (type !== ValueErrorType.Kind || typeof value !== 'string') return brokenType(typeOf(schema));
  return (schema[Kind] === NAME_KIND ? brokenName(value) : undefined) ?? BROKEN_TIMESTAMP;
}

function typeOf(schema: TSchema): string {
  return String(schema['type']);
}
