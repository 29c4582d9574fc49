import { expect, test } from 'vitest';
import { integer, jsonObject, keyPrefix, letterId, seconds, several, time } from './arguments.ts';

const NOW = Date.UTC(2026, 0, 31, 12);

test.each([
  ['2h', '2026-01-31T10:00:00.000Z'],
  ['90s', '2026-01-31T11:58:30.000Z'],
  ['7d', '2026-01-24T12:00:00.000Z'],
  ['2026-01-31', '2026-01-31T00:00:00Z'],
  ['2026-01-31T14:00:00+01:00', '2026-01-31T14:00:00+01:00'],
])('the time %s is %s', (text, iso) => {
  expect(time(NOW)(text)).toBe(iso);
});

test.each(['yesterday', '2x', '-2h', '999999999d', ''])('%j is no time', (text) => {
  expect(() => time(NOW)(text)).toThrow(/It/);
});

test('numbers keep to their bounds', () => {
  expect(integer(1, 10)('10')).toBe(10);
  expect(seconds('1.5')).toBe(1.5);
  for (const text of ['0', '11', '1.5', '1e3', '-1', '', 'x'])
    expect(() => integer(1, 10)(text)).toThrow('whole number');
  for (const text of ['0', '-1', '1e9', '', 'x', '9999999']) expect(() => seconds(text)).toThrow('seconds');
});

test('JSON keeps its digits, and must be an object', () => {
  expect(jsonObject('{"a":9007199254740993}').text).toBe('{"a":9007199254740993}');
  for (const text of ['[1]', '1', '{', '']) expect(() => jsonObject(text)).toThrow('JSON object');
});

test('keys, numbers of letters, options that repeat', () => {
  expect(keyPrefix('import-7')).toBe('import-7');
  for (const text of ['', 'a b', 'ü', 'x'.repeat(201)]) expect(() => keyPrefix(text)).toThrow('ASCII');
  expect(letterId('17', ['1'])).toEqual(['1', '17']);
  for (const text of ['0', 'x', '1.5', '']) expect(() => letterId(text)).toThrow('dead letter');
  expect(several('b', ['a'])).toEqual(['a', 'b']);
});
