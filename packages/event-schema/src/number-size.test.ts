import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writtenOutDigits } from './number-size.ts';
import { bytes } from './testing/samples.ts';

function digitsOf(number: string): number {
  const exponentAt = number.search(/[eE]/);
  const end = number.length;
  return writtenOutDigits(bytes(number), { start: 0, exponentAt: exponentAt < 0 ? end : exponentAt, end });
}

// The expected values are lengths of PostgreSQL 18's `jsonb` output, less the sign and the point.
describe('writtenOutDigits', () => {
  it.each([
    ['0', 1],
    ['-0', 1],
    ['-12.50', 4],
    ['1e400', 401],
    ['1E+2', 3],
    ['1.50e-3', 6],
    ['0.02e5', 4],
    ['1e131071', 131_072],
    ['9.9e131071', 131_072],
    ['0.1e131072', 131_072],
    ['0.000001e131077', 131_072],
    ['-1E+00000000000000000131071', 131_072],
    ['1e-16383', 16_384],
    ['1.5e-16382', 16_384],
    ['0.1e-16382', 16_384],
    ['10e-16383', 16_384],
    ['0e-16383', 16_384],
    ['0e99999', 1],
    ['0e1073741823', 1],
    ['0.00e1073741823', 1],
    [`1.${'0'.repeat(16_384)}e1`, 16_385],
    [`0.${'0'.repeat(200_000)}1e331072`, 131_072],
    ['9'.repeat(131_072), 131_072],
    [`0.${'9'.repeat(16_383)}`, 16_384],
  ])('%.30s', (number, digits) => expect(digitsOf(number)).toBe(digits));

  it.each([
    '1e131072',
    '-1e131072',
    '10e131071',
    '0.0000000001e131082',
    '1e-16384',
    '1.5e-16383',
    '10e-16384',
    '0.1e-16383',
    '0e-16384',
    '1e-20000',
    '0e1073741824',
    '0e-1073741823',
    '0e2147483648',
    '0e99999999999999999999',
    '1e-99999999999',
    `1e${'9'.repeat(400)}`,
    `-1e-${'9'.repeat(400)}`,
    '9'.repeat(131_073),
    `0.${'9'.repeat(16_384)}`,
    `0.${'0'.repeat(16_384)}`,
    `0.${'0'.repeat(200_000)}1e331073`,
    `1${'0'.repeat(200_000)}e-16384`,
  ])('%.30s does not fit', (number) => expect(digitsOf(number)).toBe(Number.POSITIVE_INFINITY));

  it('counts the digits of the number written out', () => {
    const number = fc.tuple(
      fc.stringMatching(/^-?(?:0|[1-9][0-9]{0,5})$/),
      fc.stringMatching(/^[0-9]{0,6}$/),
      fc.integer({ min: -20, max: 20 }),
    );
    fc.assert(
      fc.property(number, ([integer, fraction, exponent]) => {
        const token = `${integer}${fraction && '.'}${fraction}e${exponent}`;
        expect(digitsOf(token)).toBe(writtenOut(integer, fraction, exponent).length);
      }),
      { numRuns: 1000 },
    );
  });
});

/** The digits before and after the point, found by moving the point over a row of zeros. */
function writtenOut(integer: string, fraction: string, exponent: number): string {
  const zeros = '0'.repeat(40);
  const digits = `${zeros}${integer.replace('-', '')}${fraction}`;
  const row = digits + zeros;
  const point = digits.length - fraction.length + exponent;
  const before = row.slice(0, point).replace(/^0+(?=\d)/, '');
  return before + row.slice(point, Math.max(point, digits.length));
}
