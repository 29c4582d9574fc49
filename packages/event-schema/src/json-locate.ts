import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './json-bytes.ts';
import { jsonPointer, MAX_POINTER_CHARACTERS } from './json-pointer.ts';

/** Where a token of a JSON text stands. The pointer of a key is that of the object that holds it. */
export interface JsonPlace {
  pointer: string;
  isKey: boolean;
}

/** An open array with the index of its element, or an open object with the bytes of its latest key. */
interface Frame {
  isObject: boolean;
  index: number;
  key: Uint8Array;
}

/** A longer key does not fit a pointer, even if each of its characters is an escape of six bytes. */
const MAX_KEY_BYTES = 6 * MAX_POINTER_CHARACTERS + 2;

const NO_KEY = new Uint8Array();
const decoder = new TextDecoder();

/**
 * Finds the places of tokens, given the offsets of their first bytes in ascending order, in a valid JSON text.
 * Slow, and used for refused bodies only: one pass, which ends at the last offset.
 */
export function locate(json: Uint8Array, offsets: readonly number[]): JsonPlace[] {
  const places: JsonPlace[] = [];
  let frame: Frame = { isObject: false, index: 0, key: NO_KEY };
  const outer: Frame[] = [];
  let expectsKey = false;
  for (let i = 0; places.length < offsets.length; i++) {
    while (offsets[places.length] === i) {
      const path = pathOf(expectsKey ? outer : [...outer, frame]);
      places.push({ pointer: jsonPointer(path), isKey: expectsKey });
    }
    switch (json[i]) {
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        expectsKey = json[i] === OPEN_OBJECT;
        outer.push(frame);
        frame = { isObject: expectsKey, index: 0, key: NO_KEY };
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        expectsKey = false;
        frame = outer.pop() as Frame;
        break;
      case COMMA:
        expectsKey = frame.isObject;
        frame.index += 1;
        break;
      case QUOTE: {
        const end = stringEnd(json, i);
        if (expectsKey) frame.key = json.subarray(i, end);
        expectsKey = false;
        i = end - 1;
      }
    }
  }
  return places;
}

/** The first frame stands for the document and gives no segment. */
function* pathOf(frames: readonly Frame[]): Iterable<string | number> {
  for (const { isObject, index, key } of frames.slice(1)) {
    if (key.length > MAX_KEY_BYTES) return;
    yield isObject ? (JSON.parse(decoder.decode(key)) as string) : index;
  }
}

/** The index after a string, given that of its first quote. */
export function stringEnd(json: Uint8Array, start: number): number {
  let i = start + 1;
  while (json[i] !== QUOTE) i += json[i] === BACKSLASH ? 2 : 1;
  return i + 1;
}
