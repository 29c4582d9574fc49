import { textFault } from './string-types.ts';

/** Longest pointer that is answered. A key may be megabytes long. */
export const MAX_POINTER_CHARACTERS = 1000;

/**
 * The RFC 6901 pointer of a path. Where a key cannot be repeated (it holds U+0000 or a lone surrogate, or the
 * pointer would become longer than 1,000 characters) the pointer ends at the value that holds that key.
 */
export function jsonPointer(path: Iterable<string | number>): string {
  let pointer = '';
  for (const segment of path) {
    const key = String(segment);
    if (textFault(key) !== undefined) break;
    const longer = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (longer.length > MAX_POINTER_CHARACTERS) break;
    pointer = longer;
  }
  return pointer;
}
