import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const now = Date.UTC(1994, 10, 6, 8, 49, 0);

test.each([
  ['no header', null, 0],
  ['seconds', '120', 120_000],
  ['zero', '0', 0],
  ['an RFC 1123 date', 'Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
  ['an RFC 850 date', 'Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
  ['an asctime date, which is GMT too', 'Sun Nov  6 08:49:37 1994', 37_000],
  ['a date in the past', 'Sun, 06 Nov 1994 08:48:37 GMT', 0],
  ['a date that is none', 'Sun, 99 Nov 1994 08:49:37 GMT', 0],
  ['a negative number', '-1', 0],
  ['a fraction', '1.5', 0],
  ['an ISO date', '1994-11-06T08:49:37Z', 0],
  ['nothing', '', 0],
])('%s', (_name, header, expected) => {
  expect(retryAfterMs(header, now)).toBe(expected);
});

test('an asctime date means GMT in every time zone', () => {
  const zone = process.env['TZ'];
  process.env['TZ'] = 'Asia/Tokyo';
  try {
    expect(retryAfterMs('Sun Nov  6 08:49:37 1994', now)).toBe(37_000);
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});

test('never negative and never NaN, whatever the header says', () => {
  fc.assert(fc.property(fc.string(), (header) => retryAfterMs(header, now) >= 0));
});
