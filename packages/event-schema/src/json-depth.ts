import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './json-bytes.ts';

/**
 * JSON.parse takes some 0.8 µs for each level, and 5 MiB of brackets, which are 5 KB when compressed, keep it busy for
 * seconds. What is nested less deeply is parsed, and then refused with a pointer to the place.
 */
export const MAX_PARSED_DEPTH = 131_072;

/** Whether a text, JSON or not, is not worth parsing. Looks at nothing that is too short to be. */
export function isTooDeep(json: Uint8Array): boolean {
  const end = json.length;
  if (end <= MAX_PARSED_DEPTH) return false;
  const [quote, backslash] = [QUOTE, BACKSLASH]; // comparing with imported constants takes twice as long
  const [openArray, openObject, closeArray, closeObject] = [
    OPEN_ARRAY,
    OPEN_OBJECT,
    CLOSE_ARRAY,
    CLOSE_OBJECT,
  ];
  let depth = 0;
  for (let i = 0; i < end; i += 1) {
    const byte = json[i];
    if (byte === quote) {
      for (i += 1; i < end && json[i] !== quote; i += 1) if (json[i] === backslash) i += 1;
    } else if (byte === openArray || byte === openObject) {
      depth += 1;
      if (depth > MAX_PARSED_DEPTH) return true;
    } else if (byte === closeArray || byte === closeObject) depth -= 1;
  }
  return false;
}
