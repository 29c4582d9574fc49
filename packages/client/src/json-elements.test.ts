import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elementsOf } from './json-elements.ts';

test('cuts any array into the texts of its elements', () => {
  const space = fc.constantFrom('', ' ', '\n\t ');
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ maxDepth: 4 })), space, (values, gap) => {
      const texts = values.map((value) => JSON.stringify(value));
      const array = `${gap}[${gap}${texts.join(`${gap},${gap}`)}${gap}]${gap}`;
      expect(elementsOf(array)).toEqual(texts);
    }),
  );
});

test('keeps every digit, and is not led astray by brackets in strings', () => {
  const texts = ['{"n":9007199254740993.10}', '{"a":"]},[{\\"\\\\"}', '{"b":[{"c":"\\\\\\""},[]]}'];

  expect(elementsOf(`[${texts.join(',')}]`)).toEqual(texts);
});
