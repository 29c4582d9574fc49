import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rawJson, stringify } from './raw-json.ts';

test('is JSON.stringify where there is nothing special', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => stringify(value) === JSON.stringify(value)));
});

test('a BigInt is a number with all its digits, wherever it is', () => {
  expect(stringify({ a: [9007199254740993n, { b: -1n }], c: 0.5 })).toBe(
    '{"a":[9007199254740993,{"b":-1}],"c":0.5}',
  );
});

test('a raw text goes out as it is, also beside a BigInt, in any order', () => {
  const raw = rawJson('{ "n": 1.10, "n2": 12345678901234567890 }');

  expect(stringify(raw)).toBe(raw.text);
  expect(stringify({ a: raw, b: 1n, c: [raw, 2n] })).toBe(`{"a":${raw.text},"b":1,"c":[${raw.text},2]}`);
});

test('a raw text may hold what String.replace takes for a pattern', () => {
  expect(stringify({ a: rawJson('"$1 $& $$"') })).toBe('{"a":"$1 $& $$"}');
});

test('serialised by anybody else it is its value', () => {
  expect(JSON.stringify({ a: rawJson('[1, 2.50]') })).toBe('{"a":[1,2.5]}');
});

test('a toJSON may serialise on its own', () => {
  const own = { toJSON: () => stringify({ deep: rawJson('1.0') }) };

  expect(stringify([rawJson('2.0'), own, rawJson('3.0')])).toBe('[2.0,"{\\"deep\\":1.0}",3.0]');
});

test('what is no JSON is refused where it is made', () => {
  expect(() => rawJson('{"a":1},{"b":2}')).toThrow(SyntaxError);
});

test('what refers to itself is refused, and nothing of it stays', () => {
  const circle: Record<string, unknown> = { raw: rawJson('1') };
  circle['self'] = circle;

  expect(() => stringify(circle)).toThrow(TypeError);
  expect(stringify({ a: rawJson('1.0') })).toBe('{"a":1.0}');
});
