import { expect, it } from 'vitest';
import { jsonPointer } from './json-pointer.ts';

it('follows RFC 6901', () => {
  expect(jsonPointer([])).toBe('');
  expect(jsonPointer(['events', 3, 'timestamp'])).toBe('/events/3/timestamp');
  expect(jsonPointer(['a/b', 'm~n', '', '~1', '"'])).toBe('/a~1b/m~0n//~01/"');
});

it.each([
  ['U+0000', 'a\0'],
  ['a lone surrogate', 'a\ud800'],
  ['too many characters', 'a'.repeat(1000)],
])('ends before a key with %s', (_, key) => {
  expect(jsonPointer(['events', 0, key, 'b'])).toBe('/events/0');
});
