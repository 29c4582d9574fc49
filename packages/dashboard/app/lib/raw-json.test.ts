import { describe, expect, it } from 'vitest';
import { elementsOf, membersOf, NotJsonError, prettyPieces, prettyText } from './raw-json.ts';

const AWKWARD = [
  'null',
  '{}',
  '[]',
  '[[],{}]',
  '{"a":{},"b":[ ],"c":[1,2,[3]]}',
  String.raw`{"quote\"d":"a, b: {[\\","u":"\u00e9"}`,
  '[true,false,null,-0,1e5,12.50,"x"]',
  ' { "a" : [ 1 , { "b" : "c" } ] } ',
];

describe('prettyText', () => {
  it('keeps every digit', () => {
    expect(prettyText('{"total": 9007199254740993, "price":12.50,"e":1E+400}')).toBe(
      '{\n  "total": 9007199254740993,\n  "price": 12.50,\n  "e": 1E+400\n}',
    );
  });

  it('keeps escapes as they were written', () => {
    expect(prettyText(String.raw`["\u00e9","\/"]`)).toBe('[\n  "\\u00e9",\n  "\\/"\n]');
  });

  it.each(AWKWARD)('means the same as %s', (text) => {
    expect(JSON.parse(prettyText(text))).toEqual(JSON.parse(text));
    expect(prettyText(text)).toBe(
      JSON.stringify(JSON.parse(text), null, 2)
        .replace(/\b12.5\b/, '12.50')
        .replace('100000', '1e5')
        .replace(/(\s)0,/, '$1-0,')
        .replace('é', '\\u00e9'),
    );
  });

  it.each(['', ' ', '{', '}', '[1', '{"a":1}}', '{"a":tru}', '"open', '01x'])('refuses %j', (text) => {
    expect(() => prettyText(text)).toThrow(NotJsonError);
  });
});

it('tells keys, strings, numbers and literals apart', () => {
  expect(prettyPieces('{"a":["b",1,null]}').filter(({ kind }) => kind !== 'plain')).toEqual([
    { kind: 'key', text: '"a"' },
    { kind: 'string', text: '"b"' },
    { kind: 'number', text: '1' },
    { kind: 'literal', text: 'null' },
  ]);
});

describe('elementsOf', () => {
  it.each(AWKWARD.filter((text) => text.startsWith('[')))('cuts %s', (text) => {
    expect(elementsOf(text).map((element) => JSON.parse(element))).toEqual(JSON.parse(text));
  });

  it('does not touch an element', () => {
    expect(elementsOf('[{"n":9007199254740993}, {"n": 1.0}]')).toEqual([
      '{"n":9007199254740993}',
      '{"n": 1.0}',
    ]);
  });

  it.each(['{}', '[', '[1,]', '[,1]', '[1,,2]', '[1}', '[1] 2', '["a]'])('refuses %j', (text) => {
    expect(() => elementsOf(text)).toThrow(NotJsonError);
  });
});

describe('membersOf', () => {
  it('gives the members by name, the values untouched', () => {
    const members = membersOf(String.raw`{"a\"b": 12.50,"c" :{"d":[1,2]},"a\"b":1e3}`);
    expect([...members]).toEqual([
      ['a"b', '1e3'],
      ['c', '{"d":[1,2]}'],
    ]);
  });

  it.each(['[]', '{"a"}', '{"a" 1}', '{1:2}', '{"a":1,}'])('refuses %j', (text) => {
    expect(() => membersOf(text)).toThrow(NotJsonError);
  });
});
