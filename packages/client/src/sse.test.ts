import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSseParser } from './sse.ts';

const STREAM = [
  ': hello',
  'retry: 2000',
  '',
  'id: 1.a',
  '',
  'id: 1.b',
  'data: {"n":1}',
  '',
  'event: dropped',
  'id:1.c',
  'data: {"events":2,',
  'data:"reason":"rate"}',
  '',
  ': heartbeat',
  '',
  'data',
  '',
  '',
];
const MESSAGES = [
  { type: 'message', id: '1.a', data: undefined },
  { type: 'message', id: '1.b', data: '{"n":1}' },
  { type: 'dropped', id: '1.c', data: '{"events":2,\n"reason":"rate"}' },
  { type: 'message', id: '1.c', data: '' },
];

test('reads messages however the text is cut, and whatever ends its lines', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      (eol, sizes) => {
        // a lone CR at the very end might be half of a break: one more line lets it go
        const text = `${STREAM.join(eol)}${eol}: end`;
        const parser = createSseParser('');
        const messages = [];
        for (let at = 0; at < text.length; ) {
          const to = at + (sizes.next().value as number);
          messages.push(...parser.push(text.slice(at, to)));
          at = to;
        }
        expect(messages).toEqual(MESSAGES);
        expect(parser.retryMs).toBe(2_000);
      },
    ),
  );
});

test('begins with the ID of the connection before, and takes none with a NUL', () => {
  expect(createSseParser('9').push('data: x\n\nid: a\0b\ndata: y\n\n')).toEqual([
    { type: 'message', id: '9', data: 'x' },
    { type: 'message', id: '9', data: 'y' },
  ]);
});
