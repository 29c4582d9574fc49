import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
  formatShortCount,
  formatTime,
  formatUtc,
  UNKNOWN,
} from './format.ts';

describe('figures', () => {
  it('has every digit of a count', () => {
    expect(formatCount(20_000)).toBe('20,000');
    expect(formatCount(9_007_199_254_740_991)).toBe('9,007,199,254,740,991');
  });

  it.each([
    [99_999, '99,999'],
    [100_000, '100K'],
    [1_234_567, '1.23M'],
  ])('shortens %d to %s', (count, text) => expect(formatShortCount(count)).toBe(text));

  it.each([
    [0, '0'],
    [0.01, '< 0.1'],
    [0.05, '0.1'],
    [9.94, '9.9'],
    [9.96, '10'],
    [1_234.5, '1,235'],
  ])('shows a rate of %d as %s', (rate, text) => expect(formatRate(rate)).toBe(text));

  it('shows a share, and none of nothing', () => {
    expect(formatShare(6_000, 20_000)).toBe('30.0 %');
    expect(formatShare(0, 0)).toBe(UNKNOWN);
  });

  it.each([
    [0, '0 B'],
    [1_023, '1,023 B'],
    [1_024, '1.0 KiB'],
    [150 * 1_024, '150 KiB'],
    [1_048_575, '1.0 MiB'],
    [5 * 1_024 ** 6, '5,120 PiB'],
  ])('shows %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('durations', () => {
  it.each([
    [0, '0 s'],
    [0.44, '0.4 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [184, '3 min 4 s'],
    [3_600, '1 h'],
    [7_500, '2 h 5 min'],
    [90_000, '1 d 1 h'],
  ])('shows %d seconds as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it('shows an age in one unit', () => {
    expect([formatAge(7_500), formatAge(12), formatAge(90_061)]).toEqual(['2 h', '12 s', '1 d']);
  });

  it.each([
    [0.9, 'now'],
    [1, '1 s ago'],
    [4.9, '4 s ago'],
    [12, '12 s ago'],
    [60, '1 min ago'],
  ])('says of %d seconds that it was %s', (seconds, text) => expect(formatAgo(seconds)).toBe(text));
});

describe('times', () => {
  const now = new Date(2026, 10, 25, 12);
  const at = (...date: [number, number, number, number, number, number]) => new Date(...date).toISOString();

  it('leaves out the date of today, and the year of this year', () => {
    expect(formatTime(at(2026, 10, 25, 9, 5, 7), now)).toBe('09:05:07');
    expect(formatTime(at(2026, 0, 31, 9, 5, 7), now)).toBe('31 Jan, 09:05:07');
    expect(formatTime(at(2025, 0, 31, 9, 5, 7), now)).toBe('31 Jan 2025, 09:05:07');
  });

  it('shows what is no time as it is', () => expect(formatTime('soon', now)).toBe('soon'));

  it('keeps the microseconds in UTC', () => {
    expect(formatUtc('2026-11-24T15:52:11.198729+00:00')).toBe('2026-11-24 15:52:11.198729 UTC');
    expect(formatUtc('2026-11-24T15:52:11.198Z')).toBe('2026-11-24 15:52:11.198 UTC');
  });
});
