import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  DOT,
  escapedUnit,
  LOWER_E,
  LOWER_U,
  MINUS,
  NINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  PLUS,
  QUOTE,
  UPPER_E,
  ZERO,
} from './json-bytes.ts';
import { MAX_DOCUMENT_DEPTH, MAX_VIOLATIONS, MAX_WRITTEN_OUT_DIGITS } from './limits.ts';
import { writtenOutDigits } from './number-size.ts';

export type JsonRule = 'max-depth' | 'nul-character' | 'lone-surrogate' | 'number-range' | 'number-expansion';

/** Something that valid JSON may say and Postgres cannot take. `offset` is the first byte of the token. */
export interface JsonFault {
  rule: JsonRule;
  offset: number;
}

/** What a byte means outside of strings. EXPONENT only inside a number: `true` has an e too. */
const STRING = 1;
const OPEN = 2;
const CLOSE = 3;
const NUMBER = 4;
const EXPONENT = 5;

/** Looked up in a table and named in this file: comparing with imported constants took twice as long. */
const MEANING = new Uint8Array(256);
MEANING[QUOTE] = STRING;
MEANING[OPEN_OBJECT] = MEANING[OPEN_ARRAY] = OPEN;
MEANING[CLOSE_OBJECT] = MEANING[CLOSE_ARRAY] = CLOSE;
MEANING[MINUS] = MEANING[PLUS] = MEANING[DOT] = NUMBER;
MEANING.fill(NUMBER, ZERO, NINE + 1);
MEANING[LOWER_E] = MEANING[UPPER_E] = EXPONENT;

/** A number without an exponent that is no longer than this fits: neither part can have too many digits. */
const SURELY_FITS = 16_000;

/** What a text holds that matters to Postgres. */
export interface JsonScan {
  readonly faults: readonly JsonFault[];
  /** Digits of the numbers with an exponent, written out; counted until they are too many. */
  readonly writtenOut: number;
}

interface Scan extends JsonScan {
  json: Uint8Array;
  faults: JsonFault[];
  writtenOut: number;
}

/**
 * Finds what `jsonb` would refuse in a text that JSON.parse has accepted. (Only in
 * such a text: it looks for the ends of strings and does not stop at the end of the bytes.)
 *
 * It reads the bytes and not the parsed value, as Postgres does: Postgres unescapes also the keys and strings
 * that are ignored or overridden by a later duplicate key, and reads numbers that became Infinity.
 * One pass, linear in any input. It ends at the first `max-depth`, or when the faults fill an answer.
 */
export function findJsonFaults(json: Uint8Array): readonly JsonFault[] {
  return scanJson(json, 0).faults;
}

/**
 * The same for a text that will be part of a document.
 *
 * @param outerLevels objects and arrays that will be around it
 */
export function scanJson(json: Uint8Array, outerLevels: number): JsonScan {
  const faults: JsonFault[] = [];
  const scan: Scan = { json, faults, writtenOut: 0 };
  const quote = QUOTE;
  const backslash = BACKSLASH;
  const end = json.length;
  let depth = outerLevels;
  let i = 0;
  while (i < end && faults.length < MAX_VIOLATIONS) {
    switch (MEANING[json[i] as number]) {
      case STRING: {
        const start = i;
        do i += 1;
        while (json[i] !== quote && json[i] !== backslash);
        i = json[i] === quote ? i + 1 : scanEscapes(scan, start, i);
        break;
      }
      case OPEN:
        depth += 1;
        if (depth > MAX_DOCUMENT_DEPTH) {
          faults.push({ rule: 'max-depth', offset: i });
          return scan;
        }
        i += 1;
        break;
      case CLOSE:
        depth -= 1;
        i += 1;
        break;
      case NUMBER:
        i = scanNumber(scan, i);
        break;
      default:
        i += 1;
    }
  }
  return scan;
}

/** The rest of a string from its first backslash on. Reports each rule once. Returns the index after it. */
function scanEscapes(scan: Scan, start: number, from: number): number {
  const { json, faults } = scan;
  let hasNul = false;
  let hasLoneSurrogate = false;
  let i = from;
  while (json[i] !== QUOTE) {
    if (json[i] !== BACKSLASH) {
      i += 1;
    } else if (json[i + 1] !== LOWER_U) {
      i += 2;
    } else {
      const unit = escapedUnit(json, i);
      const isPair = isHighSurrogate(unit) && isLowSurrogate(escapedUnit(json, i + 6));
      hasNul ||= unit === 0;
      hasLoneSurrogate ||= !isPair && (isHighSurrogate(unit) || isLowSurrogate(unit));
      i += isPair ? 12 : 6;
    }
  }
  if (hasNul) faults.push({ rule: 'nul-character', offset: start });
  if (hasLoneSurrogate) faults.push({ rule: 'lone-surrogate', offset: start });
  return i + 1;
}

/** Returns the index after the number. */
function scanNumber(scan: Scan, start: number): number {
  const { json } = scan;
  let exponentAt = 0;
  let end = start + 1;
  for (;;) {
    const meaning = MEANING[json[end] as number];
    if (meaning === EXPONENT) exponentAt = end;
    else if (meaning !== NUMBER) break;
    end += 1;
  }
  if (exponentAt > 0 || end - start > SURELY_FITS) weighNumber(scan, { start, exponentAt, end });
  return end;
}

function weighNumber(scan: Scan, number: { start: number; exponentAt: number; end: number }): void {
  const { start, end } = number;
  const digits = writtenOutDigits(scan.json, { start, exponentAt: number.exponentAt || end, end });
  if (digits === Number.POSITIVE_INFINITY) {
    scan.faults.push({ rule: 'number-range', offset: start });
  } else if (number.exponentAt > 0 && scan.writtenOut <= MAX_WRITTEN_OUT_DIGITS) {
    scan.writtenOut += digits;
    if (scan.writtenOut > MAX_WRITTEN_OUT_DIGITS)
      scan.faults.push({ rule: 'number-expansion', offset: start });
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
