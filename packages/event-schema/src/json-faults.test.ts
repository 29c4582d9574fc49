import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonFaults } from './json-faults.ts';
import { locate } from './json-locate.ts';
import { jsonPointer } from './json-pointer.ts';
import { bytes } from './testing/samples.ts';

/** Each fault as "pointer rule", with "key" where a key is at fault. */
function faultsOf(text: string): string[] {
  const json = bytes(text);
  const faults = findJsonFaults(json);
  const places = locate(
    json,
    faults.map(({ offset }) => offset),
  );
  return places.map(({ pointer, isKey }, i) => `${pointer} ${isKey ? 'key ' : ''}${faults[i]?.rule}`);
}

describe('findJsonFaults', () => {
  it.each([
    '0',
    'true',
    '""',
    '"\\\\u0000"',
    '"\\\\\\"\\n\\u0001\\u00e9"',
    '"\\ud83d\\ude00\\uD83D\\uDE00"',
    '{"\\u0061":[1.5e10,-0.25E-3,{},[]],"b":"e1"}',
    '"plain é 😀 \\" "',
  ])('finds nothing in %s', (text) => expect(faultsOf(text)).toEqual([]));

  it.each([
    ['"\\u0000"', [' nul-character']],
    ['"a\\\\\\u0000"', [' nul-character']],
    ['["a","\\u0000b\\u0000"]', ['/1 nul-character']],
    ['{"a":{"\\u0000":1}}', ['/a key nul-character']],
    ['{"a":{"b\\u0000":"\\u0000"}}', ['/a key nul-character', '/a nul-character']],
    ['"\\ud800"', [' lone-surrogate']],
    ['"\\uDC00"', [' lone-surrogate']],
    ['"\\ude00\\ud83d"', [' lone-surrogate']],
    ['"\\ud83d\\ud83d\\ude00"', [' lone-surrogate']],
    ['"\\ud83dx\\ude00"', [' lone-surrogate']],
    ['"\\ud83d\\n"', [' lone-surrogate']],
    ['"\\ud83d\\u0041"', [' lone-surrogate']],
    ['"\\ud83d\\u0000"', [' nul-character', ' lone-surrogate']],
    ['[1,{"x":[0,1e999999]}]', ['/1/x/1 number-range']],
    ['[-1e-99999,2]', ['/0 number-range']],
    ['{"a":"\\u0000","a":"b"}', ['/a nul-character']],
    [' { "a" : [ { } , "\\u0000" ] , "c" : "\\u0000" } ', ['/a/1 nul-character', '/c nul-character']],
  ])('finds the fault in %s', (text, faults) => expect(faultsOf(text)).toEqual(faults));

  it('weighs long numbers without an exponent', () => {
    expect(faultsOf(`[${'1'.repeat(131_072)},0.${'1'.repeat(16_383)}]`)).toEqual([]);
    expect(faultsOf(`{"a":${'1'.repeat(131_073)}}`)).toEqual(['/a number-range']);
    expect(faultsOf(`[1.${'1'.repeat(16_384)}]`)).toEqual(['/0 number-range']);
  });

  it('accepts 67 levels and ends at the 68th', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(faultsOf(nested(67))).toEqual([]);
    expect(faultsOf(`[${nested(66)},${nested(66)},"]",${nested(66)}]`)).toEqual([]);
    expect(faultsOf(`["\\u0000",${nested(67)},"\\u0000"]`)).toEqual([
      '/0 nul-character',
      `/1${'/0'.repeat(66)} max-depth`,
    ]);
    expect(faultsOf('{"a":'.repeat(67) + nested(1) + '}'.repeat(67))).toEqual([
      `${'/a'.repeat(67)} max-depth`,
    ]);
  });

  it('limits the digits of the numbers with an exponent when they are written out', () => {
    expect(faultsOf('[1e131071,1e131071]')).toEqual([]);
    expect(faultsOf('[1e131071,1e131071,1e0,1e400,1e131071]')).toEqual(['/2 number-expansion']);
  });

  it('points at what holds a key that is too long for a pointer', () => {
    expect(faultsOf(`{"a":{"${'b'.repeat(990)}":"\\u0000"}}`)).toEqual([
      `/a/${'b'.repeat(990)} nul-character`,
    ]);
    expect(faultsOf(`{"a":{"${'b'.repeat(1000)}":"\\u0000"}}`)).toEqual(['/a nul-character']);
    expect(faultsOf(`{"a":{"${'b'.repeat(10_000)}":["\\u0000"]}}`)).toEqual(['/a nul-character']);
  });

  it('ends at 100 faults', () => {
    expect(faultsOf(`[${new Array(200).fill('1e999999').join(',')}]`)).toHaveLength(100);
  });

  it('finds what a walk over the parsed value finds', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '\0', '\ud83d', '\ude00', '"', '\\', '/', '~', 'u0000', '\n', 'é', '{', ']'),
      maxLength: 8,
    });
    const value = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        text,
        fc.integer(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1), (document, indent) => {
        const json = JSON.stringify(document, null, indent);
        expect(faultsOf(json).slice(0, 100)).toEqual(walk(JSON.parse(json)).slice(0, 100));
      }),
      { numRuns: 2000 },
    );
  });
});

function walk(value: unknown, path: (string | number)[] = []): string[] {
  if (typeof value === 'string') return textFaults(value, jsonPointer(path));
  if (Array.isArray(value)) return value.flatMap((element, i) => walk(element, [...path, i]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, element]) => [
    ...textFaults(key, `${jsonPointer(path)} key`),
    ...walk(element, [...path, key]),
  ]);
}

function textFaults(text: string, place: string): string[] {
  return [
    ...(text.includes('\0') ? [`${place} nul-character`] : []),
    ...(text.isWellFormed() ? [] : [`${place} lone-surrogate`]),
  ];
}
