import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, clean, count, counted, duration, percent } from './text.ts';

test.each([
  ['a\tb\nc\r', 'a\\tb\\nc\\r'],
  ['\u001b[31mred\u001b[0m', '\\u001b[31mred\\u001b[0m'],
  ['a\u009bb\u202ec', 'a\\u009bb\\u202ec'],
  ['Grüße, 世界 🌍', 'Grüße, 世界 🌍'],
])('what a terminal would act upon is shown instead: %j', (text, shown) => {
  expect(clean(text)).toBe(shown);
});

test('whatever is cleaned is one line without controls', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\u2028\u2029\u202e]/u.test(clean(text))),
  );
});

test.each([
  [0, '0.0 s'],
  [0.44, '0.4 s'],
  [12.4, '12 s'],
  [185, '3 min 5 s'],
  [3600 * 2 + 180, '2 h 3 min'],
  [86_400 * 4 + 3600, '4 d 1 h'],
])('%d seconds are %s', (seconds, shown) => {
  expect(duration(seconds)).toBe(shown);
});

test('numbers, shares and sizes', () => {
  expect([
    count(1_234_567),
    counted(1, 'event'),
    counted(2, 'event'),
    counted(2, 'batch', 'batches'),
  ]).toEqual(['1,234,567', '1 event', '2 events', '2 batches']);
  expect([percent(3, 10), percent(0, 0)]).toEqual(['30.0 %', '–']);
  expect([bytes(0), bytes(1023), bytes(1536), bytes(5 * 1024 ** 3)]).toEqual([
    '0 B',
    '1,023 B',
    '1.5 KiB',
    '5.0 GiB',
  ]);
});
