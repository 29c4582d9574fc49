import { findJsonFaults } from './json-faults.ts';
import { MAX_CONTAINS_BYTES, MAX_CURSOR_CHARACTERS, MAX_EVENTS_LIMIT } from './limits.ts';
import { parseJson } from './parse-json.ts';
import { type QueryReading, readOne, report } from './query-parameters.ts';
import { isUuid, textFault } from './string-types.ts';
import { isTimestamp, microsecondsOf } from './timestamp.ts';
import { BROKEN_TIMESTAMP, type BrokenRule, brokenJsonRule, brokenName } from './violations.ts';

export function refuseEmptyRange(
  reading: QueryReading,
  since: string | undefined,
  until: string | undefined,
): void {
  if (since === undefined || until === undefined || microsecondsOf(since) < microsecondsOf(until)) return;
  report(reading, 'until', { rule: 'empty-range', detail: 'It must be later than since.' });
}

export function checkName(value: string): BrokenRule | undefined {
  const fault = textFault(value);
  return fault === undefined ? brokenName(value) : brokenJsonRule(fault);
}

/**
 * The value of a parameter that is a timestamp. A plus sign that was not written as %2B arrives as a space: where only an
 * offset can stand, that is what was meant.
 */
export function readTimestamp(reading: QueryReading, name: string): string | undefined {
  const repaired = (value: string): string => value.replace(/ (?=\d\d:\d\d$)/, '+');
  const value = readOne(reading, name, (given) =>
    isTimestamp(repaired(given)) ? undefined : BROKEN_TIMESTAMP,
  );
  return value === undefined ? undefined : repaired(value);
}

export function checkLimit(value: string): BrokenRule | undefined {
  if (!/^\d+$/.test(value)) return { rule: 'type', detail: 'It must be an integer in decimal digits.' };
  if (Number(value) < 1) return { rule: 'minimum', detail: 'It must be at least 1.' };
  if (Number(value) > MAX_EVENTS_LIMIT)
    return { rule: 'maximum', detail: `It may be at most ${MAX_EVENTS_LIMIT}.` };
  return undefined;
}

export function checkCursor(value: string): BrokenRule | undefined {
  if (value.length > MAX_CURSOR_CHARACTERS) {
    return { rule: 'max-length', detail: `It may have at most ${MAX_CURSOR_CHARACTERS} characters.` };
  }
  return /^[A-Za-z0-9_-]+$/.test(value)
    ? undefined
    : { rule: 'pattern', detail: 'It must be a cursor from the answer before.' };
}

/** What passes is sure to be taken by Postgres: the rules are those of a payload that is published. */
export function checkContains(value: string): BrokenRule | undefined {
  const bytes = Buffer.from(value);
  if (bytes.length > MAX_CONTAINS_BYTES) {
    return { rule: 'max-length', detail: `It may have at most ${MAX_CONTAINS_BYTES} bytes.` };
  }
  if (!value.isWellFormed()) return brokenJsonRule('lone-surrogate');
  const parsed = parseJson(bytes);
  if (parsed.outcome === 'malformed') {
    return { rule: 'json', detail: 'It must be valid JSON, such as {"user":{"id":7}}, percent-encoded.' };
  }
  const { document } = parsed;
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { rule: 'type', detail: 'It must be a JSON object.' };
  }
  // as deep as it would stand in a request
  const [fault] = findJsonFaults(Buffer.from(`[[[${value}]]]`));
  return fault === undefined ? undefined : brokenJsonRule(fault.rule);
}

export function checkUuid(value: string): BrokenRule | undefined {
  return isUuid(value)
    ? undefined
    : { rule: 'uuid', detail: 'It must be a UUID, such as 0198c5d0-4b7e-7000-8000-0123456789ab.' };
}
