/** The bytes that give a JSON text its structure. In UTF-8 none of them is part of a longer character. */
export const QUOTE = 0x22;
export const PLUS = 0x2b;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const DOT = 0x2e;
export const ZERO = 0x30;
export const NINE = 0x39;
export const UPPER_E = 0x45;
export const OPEN_ARRAY = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_ARRAY = 0x5d;
export const LOWER_E = 0x65;
export const LOWER_U = 0x75;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

/** The UTF-16 unit of the escape `\uXXXX` at an index, NaN if none stands there. */
export function escapedUnit(json: Uint8Array, at: number): number {
  if (json[at] !== BACKSLASH || json[at + 1] !== LOWER_U) return Number.NaN;
  let unit = 0;
  for (let i = at + 2; i < at + 6; i++) unit = unit * 16 + hexDigit(json[i] as number);
  return unit;
}

function hexDigit(c: number): number {
  return c <= NINE ? c - ZERO : (c | 0x20) - 0x61 + 10;
}
