import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonElements } from './json-elements.ts';
import { bytes } from './testing/samples.ts';

const elementsOf = (json: string): string[] =>
  jsonElements(bytes(json)).map((element) => Buffer.from(element).toString());

it('cuts an array at its own commas', () => {
  expect(elementsOf('[ 1 ,"a,]\\",[", [2,{"b":[3,4]}],{"c":{}} ]')).toEqual([
    ' 1 ',
    '"a,]\\",["',
    ' [2,{"b":[3,4]}]',
    '{"c":{}} ',
  ]);
});

it('cuts any array into what JSON.parse finds in it', () => {
  const anyArray = fc.array(fc.jsonValue({ stringUnit: 'binary' }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(anyArray, fc.constantFrom(undefined, 1, '\t'), (values, indent) => {
      const json = JSON.stringify(values, null, indent);
      expect(elementsOf(json).map((text) => JSON.parse(text) as unknown)).toEqual(JSON.parse(json));
    }),
  );
});
