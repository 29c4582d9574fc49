import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memberTexts } from './json-text.ts';

test('values are the texts that stand there', () => {
  const json = '{ "a": 9007199254740993, "b\\"}": {"x": [1, "]}," ]}, "c":"\\\\", "d": null }';

  expect([...memberTexts(json)]).toEqual([
    ['a', '9007199254740993'],
    ['b"}', '{"x": [1, "]}," ]}'],
    ['c', '"\\\\"'],
    ['d', 'null'],
  ]);
  expect([...memberTexts(' {} ')]).toEqual([]);
});

test('they are those of the object, for any object and any blanks', () => {
  const value = fc.oneof(
    fc.dictionary(fc.string(), fc.jsonValue()),
    fc.dictionary(fc.constantFrom('a', '}', '"', '\\', '\n'), fc.jsonValue()),
  );
  fc.assert(
    fc.property(value, fc.nat({ max: 3 }), (object, indent) => {
      // Not compared with JSON.parse: after an object with the key \\ the V8 of Node.js 26.10 takes others for it.
      const textOf = (member: unknown) =>
        JSON.stringify(member, null, indent).replaceAll('\n', `\n${' '.repeat(indent)}`);
      expect([...memberTexts(JSON.stringify(object, null, indent))]).toEqual(
        Object.entries(object).map(([name, member]) => [name, textOf(member)]),
      );
    }),
  );
});
