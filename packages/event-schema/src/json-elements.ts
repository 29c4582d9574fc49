import { CLOSE_ARRAY, CLOSE_OBJECT, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './json-bytes.ts';
import { stringEnd } from './json-locate.ts';

/** The texts of the elements of an array, in a JSON text that is a valid array and not empty. No byte is copied. */
export function jsonElements(json: Uint8Array): Uint8Array[] {
  const elements: Uint8Array[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < json.length; i++) {
    switch (json[i]) {
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth += 1;
        if (depth === 1) start = i + 1;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        depth -= 1;
        if (depth === 0) elements.push(json.subarray(start, i));
        break;
      case COMMA:
        if (depth !== 1) break;
        elements.push(json.subarray(start, i));
        start = i + 1;
        break;
      case QUOTE:
        i = stringEnd(json, i) - 1;
    }
  }
  return elements;
}
