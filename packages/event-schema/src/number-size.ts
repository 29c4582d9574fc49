import { DOT, MINUS, PLUS, ZERO } from './json-bytes.ts';
import { MAX_FRACTION_DIGITS, MAX_INTEGER_DIGITS } from './limits.ts';

/** Beyond it Postgres refuses an exponent whatever the digits are (half of a C int). */
const MAX_EXPONENT = 1_073_741_823;

/** A JSON number in a text: the indexes of its first byte, of its `e` (or its end), and after its last byte. */
export interface NumberToken {
  start: number;
  exponentAt: number;
  end: number;
}

/**
 * How many digits Postgres' `numeric` writes for a JSON number; Infinity if it cannot hold the number. The
 * fraction keeps the digits that are written, zeros too, shifted by the exponent; leading zeros cost nothing.
 *
 *     1.50e-3   fraction 2 + 3 = 5 digits:  0.00150
 *     0.02e5    first digit 2 places after the point, shifted by 5: 2000; fraction 2 - 5 < 0, so none
 *
 * Source: `set_var_from_str` and `make_result` in PostgreSQL's numeric.c.
 */
export function writtenOutDigits(json: Uint8Array, { start, exponentAt, end }: NumberToken): number {
  const exponent = exponentOf(json, exponentAt, end);
  if (Math.abs(exponent) > MAX_EXPONENT) return Number.POSITIVE_INFINITY;
  let point = exponentAt;
  let first = -1;
  for (let i = start; i < exponentAt; i++) {
    const c = json[i] as number;
    if (c === DOT) point = i;
    else if (c > ZERO && first < 0) first = i;
  }
  const afterPoint = Math.max(0, exponentAt - point - 1);
  const fraction = Math.max(0, afterPoint - exponent);
  const integer = first < 0 ? 0 : placesBefore(point, first) + exponent;
  if (fraction > MAX_FRACTION_DIGITS || integer > MAX_INTEGER_DIGITS) return Number.POSITIVE_INFINITY;
  return Math.max(1, integer) + fraction;
}

/** Places from a digit to the point: 1 for the one before it, 0 for the one after it, -1 for the next. */
function placesBefore(point: number, digit: number): number {
  return digit < point ? point - digit : point - digit + 1;
}

/** The value of `e[+-]?digits`; the longest end at Infinity, which is as good as too large. */
function exponentOf(json: Uint8Array, exponentAt: number, end: number): number {
  const sign = json[exponentAt + 1];
  const digitsAt = sign === PLUS || sign === MINUS ? exponentAt + 2 : exponentAt + 1;
  let value = 0;
  for (let i = digitsAt; i < end; i++) value = value * 10 + ((json[i] as number) - ZERO);
  return sign === MINUS ? -value : value;
}
