import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyTimestamp } from './testing/samples.ts';
import { isTimestamp, microsecondsOf } from './timestamp.ts';

// Each line was tried in PostgreSQL 18, unless it says that Postgres is more lenient.
const ACCEPTED = [
  '2026-01-31T12:00:00Z',
  '2026-01-31t12:00:00z',
  '2026-01-31T12:00:00.1+02:00',
  '2026-01-31T12:00:00.123456789012-00:00',
  '2024-02-29T00:00:00Z',
  '2000-02-29T00:00:00Z',
  '0004-02-29T00:00:00Z',
  '2026-01-31T12:00:00+15:59',
  '2026-01-31T12:00:00-15:59',
  // Leap seconds, real and not.
  '2016-12-31T23:59:60Z',
  '2017-01-01T05:29:60+05:30',
  '2016-12-31T23:58:60Z',
  '2016-12-31T23:58:60.999999999Z',
  '2017-01-01T05:29:60.999999999+05:30',
  '2016-12-31T23:59:60.000Z',
  '2016-12-31T23:59:60.0000005Z',
  // The first and the last instant.
  '0001-01-01T00:00:00Z',
  '0001-01-01T01:00:00+01:00',
  '9999-12-31T23:59:59.999999Z',
  '9999-12-31T23:59:59.999999499999Z',
  '9999-12-31T22:59:59.999999499999-01:00',
];

const REFUSED = [
  '',
  'now',
  'infinity',
  '2026-01-31',
  '2026-01-31T12:00:00',
  '2026-01-31T12:00Z',
  '2026-01-31 12:00:00Z',
  '2026-01-31_12:00:00Z',
  '20260131T120000Z',
  '2026-031T12:00:00Z',
  '26-01-31T12:00:00Z',
  '+02026-01-31T12:00:00Z',
  '2026/01/31T12:00:00Z',
  '2026-01/31T12:00:00Z',
  '2026-01-31T12.00:00Z',
  '2026-01-31T12:00.00Z',
  ' 2026-01-31T12:00:00Z',
  '2026-01-31T12:00:00Z ',
  '2026-01-31T12:00:00Z\n',
  '2026-01-31T12:00:00ZZ',
  '2026-01-31T12:00:00 Z',
  '2026-01-31T12:00:00UTC',
  '２026-01-31T12:00:00Z',
  '2026-01-31T12:00:0aZ',
  // Dates that are not in the calendar.
  '2026-00-31T12:00:00Z',
  '2026-13-31T12:00:00Z',
  '2026-01-00T12:00:00Z',
  '2026-01-32T12:00:00Z',
  '2026-04-31T12:00:00Z',
  '2026-02-29T12:00:00Z',
  '2024-02-30T12:00:00Z',
  '1900-02-29T12:00:00Z',
  // Times. Postgres takes 24:00:00, RFC 3339 does not.
  '2026-01-31T24:00:00Z',
  '2026-01-31T12:60:00Z',
  '2026-01-31T12:00:61Z',
  '2016-12-31T23:59:60.5Z',
  '2016-12-31T23:59:60.0000006+05:30',
  // Fractions. Postgres takes an empty one and longer ones.
  '2026-01-31T12:00:00.Z',
  '2026-01-31T12:00:00,5Z',
  '2026-01-31T12:00:00.1234567890123Z',
  // Offsets. Postgres takes all but the first three.
  '2026-01-31T12:00:00+16:00',
  '2026-01-31T12:00:00-24:00',
  '2026-01-31T12:00:00+01:60',
  '2026-01-31T12:00:00+01',
  '2026-01-31T12:00:00+0100',
  '2026-01-31T12:00:00+1:00',
  '2026-01-31T12:00:00+01:00:00',
  '2026-01-31T12:00:00+01-00',
  '2026-01-31T12:00:00\u221201:00',
  // Years. Postgres takes what falls into 1 BC or the year 10000 only through its offset or rounding.
  '0000-06-01T12:00:00Z',
  '0000-12-31T23:30:00-01:00',
  '0001-01-01T00:59:59.9999999+01:00',
  '9999-12-31T23:59:59.9999995Z',
  '9999-12-31T23:59:60Z',
  '9999-12-31T23:30:00-01:00',
  '10000-01-01T00:00:00Z',
];

describe('isTimestamp', () => {
  it.each(ACCEPTED)('accepts %s', (text) => expect(isTimestamp(text)).toBe(true));
  it.each(REFUSED)('refuses %j', (text) => expect(isTimestamp(text)).toBe(false));

  it('agrees with Date about every combination of numbers', () => {
    const number = (edges: number[], max: number) =>
      fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max }));
    const parts = fc.tuple(
      number([0, 1, 4, 100, 400, 1900, 2000, 2024, 9999], 9999),
      number([0, 1, 2, 12, 13], 14),
      number([0, 1, 28, 29, 30, 31, 32], 33),
      number([0, 23, 24], 25),
      number([0, 59, 60], 61),
      number([0, 59, 60, 61], 62),
      fc.constantFrom(-1, 1),
      number([0, 15, 16], 17),
      number([0, 59, 60], 61),
    );
    fc.assert(
      fc.property(parts, (numbers) => {
        expect(isTimestamp(written(numbers))).toBe(dateAccepts(numbers));
      }),
      { numRuns: 20_000 },
    );
  });

  it('refuses whatever has one character more, less or changed, unless that is a timestamp too', () => {
    const grammar =
      /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,12})?(?:Z|[+-](?:0\d|1[0-5]):[0-5]\d)$/i;
    const mutated = fc
      .tuple(anyTimestamp, fc.nat(), fc.nat({ max: 1 }), fc.string({ unit: 'binary', maxLength: 1 }))
      .map(([text, at, cut, character]) => {
        const index = at % (text.length + 1);
        return text.slice(0, index) + character + text.slice(index + cut);
      });
    fc.assert(fc.property(mutated, (text) => !isTimestamp(text) || grammar.test(text)));
  });
});

describe('microsecondsOf', () => {
  it('counts from the year 1', () => {
    expect(microsecondsOf('0001-01-01T00:00:00Z')).toBe(0n);
    expect(microsecondsOf('0001-01-01T00:00:01.5Z')).toBe(1_500_000n);
    expect(microsecondsOf('2016-12-31T23:59:60Z')).toBe(microsecondsOf('2017-01-01T05:30:00+05:30'));
  });

  it.each([
    ['0.0000005', 0n],
    ['0.0000015', 2n],
    ['0.0000025', 2n],
    ['0.9999996', 1_000_000n],
  ])('rounds %s s as Postgres does', (fraction, expected) => {
    expect(microsecondsOf(`0001-01-01T00:00:0${fraction}Z`)).toBe(expected);
  });

  it('agrees with Date on whole seconds', () => {
    const epoch = new Date('0001-01-01T00:00:00Z').getTime();
    fc.assert(
      fc.property(
        fc.date({ min: new Date(epoch), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          const text = date.toISOString();
          expect(microsecondsOf(text)).toBe(BigInt(date.getTime() - epoch) * 1000n);
        },
      ),
    );
  });
});

type Numbers = [number, number, number, number, number, number, number, number, number];

function written([year, month, day, hour, minute, second, sign, offsetHour, offsetMinute]: Numbers): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  const offset = `${sign < 0 ? '-' : '+'}${two(offsetHour)}:${two(offsetMinute)}`;
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}${offset}`;
}

/** Whether the numbers survive a round trip through Date, which carries what is out of range. */
function dateAccepts([
  year,
  month,
  day,
  hour,
  minute,
  second,
  sign,
  offsetHour,
  offsetMinute,
]: Numbers): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isDay =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const isTime = hour < 24 && minute < 60 && second < 61 && offsetHour < 16 && offsetMinute < 60;
  date.setUTCHours(hour, minute - sign * (offsetHour * 60 + offsetMinute), second);
  const utcYear = date.getUTCFullYear();
  return isDay && isTime && year > 0 && utcYear >= 1 && utcYear <= 9999;
}
