import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './json-bytes.ts';
import { jsonPointer } from './json-pointer.ts';

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

const NO_KEY = new Uint8Array();
const decoder = new TextDecoder();

/**
 * Finds the places of tokens, given the offsets of their first bytes in ascending order, in a valid JSON text.
 * Slow, and used for refused bodies only: one pass, which ends at the last offset.
 */
export function locate(json: Uint8Array, offsets: readonly number[]): JsonPlace[] {
  const places: JsonPlace[] = [];
  const frames: Frame[] = [];
  let expectsKey = false;
  for (let i = 0; places.length < offsets.length; i++) {
    const frame = frames.at(-1);
    while (offsets[places.length] === i) places.push(placeOf(frames, expectsKey));
    switch (json[i]) {
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        expectsKey = json[i] === OPEN_OBJECT;
        frames.push({ isObject: expectsKey, index: 0, key: NO_KEY });
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        expectsKey = false;
        frames.pop();
        break;
      case COMMA:
        if (frame !== undefined) frame.index += 1;
        expectsKey = frame?.isObject === true;
        break;
      case QUOTE: {
        const end = stringEnd(json, i);
        if (expectsKey && frame !== undefined) frame.key = json.subarray(i, end);
        expectsKey = false;
        i = end - 1;
      }
    }
  }
  return places;
}

function placeOf(frames: readonly Frame[], isKey: boolean): JsonPlace {
  const enclosing = isKey ? frames.slice(0, -1) : frames;
  const path = enclosing.map(({ isObject, index, key }) =>
    isObject ? (JSON.parse(decoder.decode(key)) as string) : index,
  );
  return { pointer: jsonPointer(path), isKey };
}

function stringEnd(json: Uint8Array, start: number): number {
  let i = start + 1;
  while (json[i] !== QUOTE) i += json[i] === BACKSLASH ? 2 : 1;
  return i + 1;
}
