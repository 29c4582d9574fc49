import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLineSplitter } from './line-splitter.ts';

/** The lines as text; a line that is too long is undefined. */
function split(chunks: readonly Uint8Array[], maxLineBytes = 1_000): [number, string | undefined][] {
  const splitter = createLineSplitter({ maxLineBytes });
  const found: [number, string | undefined][] = [];
  const take = (lines: ReturnType<typeof splitter.push>) => {
    for (const { number, bytes } of lines) {
      found.push([number, bytes === undefined ? undefined : Buffer.from(bytes).toString('latin1')]);
    }
  };
  for (const chunk of chunks) take(splitter.push(chunk));
  take(splitter.end());
  return found;
}

const chunk = (text: string): Uint8Array => Buffer.from(text, 'latin1');

it('ends lines with LF or CRLF, and the last one with the end; counts empty ones, and passes over them', () => {
  expect(split([chunk('a\r\n\nb c\n\rd\r')])).toEqual([
    [1, 'a'],
    [3, 'b c'],
    [4, '\rd'],
  ]);
  expect(split([chunk('a\n')])).toEqual([[1, 'a']]);
  expect(split([])).toEqual([]);
});

it('finds the same lines however the bytes are chunked', () => {
  const anyBytes = fc.array(fc.oneof(fc.constantFrom(0x0a, 0x0d), fc.integer({ min: 0, max: 255 })), {
    maxLength: 60,
  });
  const anyCuts = fc.array(fc.nat({ max: 60 }), { maxLength: 12 });
  fc.assert(
    fc.property(anyBytes, anyCuts, fc.integer({ min: 1, max: 70 }), (bytes, cuts, maxLineBytes) => {
      const whole = Uint8Array.from(bytes);
      const ends = [...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].sort((a, b) => a - b);
      const chunks = ends.map((end, at) => whole.slice(at === 0 ? 0 : ends[at - 1], end));
      const upToTooLong = (lines: [number, string | undefined][]) => {
        const tooLong = lines.findIndex(([, text]) => text === undefined);
        return tooLong === -1 ? lines : lines.slice(0, tooLong + 1);
      };
      expect(upToTooLong(split(chunks, maxLineBytes))).toEqual(upToTooLong(split([whole], maxLineBytes)));
    }),
    { numRuns: 1_000 },
  );
});

it('refuses a line as soon as it is too long, and counts its end not', () => {
  expect(split([chunk('abc\r\nabcd\n')], 3)).toEqual([
    [1, 'abc'],
    [2, undefined],
  ]);
  const splitter = createLineSplitter({ maxLineBytes: 3 });
  expect([...splitter.push(chunk('abc'))]).toEqual([]);
  expect([...splitter.push(chunk('de'))]).toEqual([{ number: 1, bytes: undefined }]);
  expect(splitter.pendingBytes).toBeLessThanOrEqual(4);
});
