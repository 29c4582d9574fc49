import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatOf } from './format.ts';
import type { Piece, Splitter } from './pieces.ts';
import { createDocumentSplitter } from './split-documents.ts';
import { createLineSplitter } from './split-lines.ts';

function piecesOf(splitter: Splitter, text: string | Buffer, chunkBytes = 1_000_000): Piece[] {
  const bytes = Buffer.from(text as string);
  const pieces: Piece[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes)
    pieces.push(...splitter.push(bytes.subarray(at, at + chunkBytes)));
  return [...pieces, ...splitter.end()];
}

const lines = (text: string | Buffer, chunkBytes?: number) =>
  piecesOf(createLineSplitter(100), text, chunkBytes);
const documents = (text: string | Buffer, chunkBytes?: number) =>
  piecesOf(createDocumentSplitter(100), text, chunkBytes);
const text = (line: number, content: string) => ({ line, text: content });

describe('lines', () => {
  test.each<[string, string | Buffer, Piece[]]>([
    ['with and without an end', 'a\nb', [text(1, 'a'), text(2, 'b')]],
    ['nothing between them', '\n\na\n \r\nb\r\n', [text(3, 'a'), text(5, 'b\r')]],
    ['a byte order mark', '\ufeff{}\n\ufeff', [text(1, '{}')]],
    ['none at all', '', []],
    [
      'one that is too long',
      `${'x'.repeat(101)}\n${'y'.repeat(100)}`,
      [{ line: 1, fault: 'it has more than 100 bytes' }, text(2, 'y'.repeat(100))],
    ],
    [
      'one that is not UTF-8',
      Buffer.from([0x61, 0xff, 0x0a, 0x62]),
      [{ line: 1, fault: 'it is not UTF-8' }, text(2, 'b')],
    ],
  ])('%s', (_, input, pieces) => {
    expect(lines(input)).toEqual(pieces);
    expect(lines(input, 1)).toEqual(pieces);
  });

  test('the chunks do not matter, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 20 })),
        fc.integer({ min: 1, max: 30 }),
        (parts, chunkBytes) => {
          const input = parts.join('\n');
          expect(lines(input, chunkBytes)).toEqual(lines(input));
        },
      ),
    );
  });
});

describe('documents', () => {
  test.each<[string, string, Piece[]]>([
    ['a list', '[{"a":1},\n {"b":"],}"}\n]', [text(1, '{"a":1}'), text(2, '{"b":"],}"}\n')]],
    ['an empty list', ' [ ] ', []],
    [
      'an object with events',
      '{\n "events" : [{"a":1},{"b":2}], "more": {"x":["]"]}\n}\n',
      [text(2, '{"a":1}'), text(2, '{"b":2}')],
    ],
    [
      'events over several lines, one behind the other',
      '{\n "a": {"b": 1}\n}\n{"c":\n2}{}',
      [text(1, '{"a": {"b": 1}\n}'), text(4, '{"c":\n2}'), text(5, '{}')],
    ],
    ['what is no object', '5\n"x"\n', [text(1, '5'), text(2, '"x"')]],
    ['elements that are none', '[1, nul, {"a":1}]', [text(1, '1'), text(1, 'nul'), text(1, '{"a":1}')]],
    [
      'an end in the middle',
      '[{"a":1}, {"b":',
      [text(1, '{"a":1}'), { line: 1, fault: 'the document ends in the middle of it' }],
    ],
    [
      'an end before the end',
      '[{"a":1},\n',
      [text(1, '{"a":1}'), { line: 2, fault: 'the document ends before it is complete' }],
    ],
    ['a string that never ends', '[{"a":"}]', [{ line: 1, fault: 'the document ends in the middle of it' }]],
    ['a byte order mark', '\ufeff[{}]', [text(1, '{}')]],
    [
      'one that is too long',
      `[{"a":"${'x'.repeat(100)}"},{}]`,
      [{ line: 1, fault: 'it has more than 100 bytes' }, text(1, '{}')],
    ],
  ])('%s', (_, input, pieces) => {
    expect(documents(input)).toEqual(pieces);
    if (!input.startsWith('\ufeff')) expect(documents(input, 1)).toEqual(pieces);
  });

  test('give the elements of any list, however it is laid out and cut', () => {
    const list = fc.array(
      fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
      { maxLength: 5 },
    );
    const layout = fc.record({
      indent: fc.nat({ max: 2 }),
      isEnvelope: fc.boolean(),
      chunkBytes: fc.integer({ min: 3, max: 40 }),
    });
    fc.assert(
      fc.property(list, layout, (events, { indent, isEnvelope, chunkBytes }) => {
        const json = JSON.stringify(isEnvelope ? { events, other: events } : events, null, indent);
        const pieces = piecesOf(createDocumentSplitter(1_000_000), json, chunkBytes);
        expect(pieces.map((piece) => ('text' in piece ? JSON.parse(piece.text) : piece))).toEqual(
          (JSON.parse(json) as unknown[] & { events?: unknown }).events ?? JSON.parse(json),
        );
      }),
    );
  });
});

test.each<[string, string, string | undefined]>([
  ['events a line', '{"topic":"a"}\n{"topic":"b"}', 'ndjson'],
  ['a broken first line', '{"topic":\n', 'ndjson'],
  ['a list', ' [', 'json'],
  ['an object with events', '{ "events": [', 'json'],
  ['an object over several lines', '{\n  "topic"', 'json'],
  ['too little to tell', '{"ev', undefined],
  ['nothing', ' \n', undefined],
  ['another behind it', '{"a":"}{"}{"a":1}\n', 'json'],
  ['another behind it, apart', '{"a":1} {"a"', 'json'],
  ['a broken line', '{"a":1}}\n{"a":1}\n', 'ndjson'],
  ['a line that is none', '{a}{b}\n', 'ndjson'],
])('%s: %j', (_, head, format) => {
  expect(formatOf(Buffer.from(head), false)).toBe(format);
  expect(formatOf(Buffer.from(head), true)).toBe(format ?? 'ndjson');
});
