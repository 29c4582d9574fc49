import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fieldsAsJson, keepOriginal } from './original.ts';

it('keeps an original whole up to the limit, and of a larger one its beginning, size and digest', () => {
  const pieces = ['abc', 'def', 'ghi'].map((text) => Buffer.from(text));
  expect(keepOriginal(pieces, 9)).toEqual({ original: Buffer.from('abcdefghi') });
  const sha256 = createHash('sha256').update('abcdefghi').digest();
  for (const [maxBytes, original] of [
    [8, 'abcdefgh'],
    [3, 'abc'],
    [0, ''],
  ] as const) {
    expect(keepOriginal(pieces, maxBytes)).toEqual({
      original: Buffer.from(original),
      full: { bytes: 9, sha256 },
    });
  }
});

it('writes fields as JSON that has their bytes, wherever they are cut into pieces', () => {
  const field = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    // around the length of a piece
    fc.integer({ min: 65_530, max: 65_540 }).map((length) => new Uint8Array(length).fill(0x22)),
  );
  fc.assert(
    fc.property(fc.array(field, { minLength: 1, maxLength: 4 }), (arrays) => {
      const fields = arrays.map((bytes) => Buffer.from(bytes));
      const json = Buffer.concat([...fieldsAsJson(fields)]).toString('latin1');
      const read = (JSON.parse(json) as string[]).map((text) => Buffer.from(text, 'latin1'));
      expect(read).toEqual(fields);
    }),
    { numRuns: 50 },
  );
});

it('leaves UTF-8 readable', () => {
  const json = Buffer.concat([...fieldsAsJson([Buffer.from('ключ'), Buffer.from('"ü"\n')])]);
  expect(JSON.parse(json.toString())).toEqual(['ключ', '"ü"\n']);
});
