import { expect, test } from 'vitest';
import { type Call, createCall, type Piece } from './call.ts';
import { createQueue, piecesOf, take } from './queue.ts';
import { piece } from './testing/piece.ts';

const callAt = (enqueuedAt: number): Call =>
  createCall(1, { enqueuedAt, deadlineAt: Number.POSITIVE_INFINITY });
const limits = { maxEvents: 4, maxBytes: 1_000 };

function queueOf(...pieces: readonly Piece[]) {
  const queue = createQueue();
  for (const one of pieces) queue.push(one);
  return queue;
}

test('a batch is as much as fits, in order, and at least one piece', () => {
  const [a, b, c, large] = [piece(['1']), piece(['2', '3']), piece(['4', '5']), piece(['x'.repeat(2_000)])];
  const queue = queueOf(a, b, c, large);

  expect(take(queue, limits, 10)).toEqual([a, b]);
  expect(take(queue, limits, 10)).toEqual([c]);
  expect(take(queue, limits, 10)).toEqual([large]);
  expect([queue.head(), queue.events(), queue.bytes()]).toEqual([undefined, 0, 0]);
});

test('events of calls that lie too far apart do not share a batch, hence no deadline', () => {
  const [early, soon, late] = [0, 10, 11].map((ms) => piece(['1'], 0, callAt(ms))) as [Piece, Piece, Piece];
  const queue = queueOf(early, soon, late);

  expect(take(queue, limits, 10)).toEqual([early, soon]);
  expect(take(queue, limits, 10)).toEqual([late]);
});

test('a call is cut where a batch ends, and what is larger than one goes alone', () => {
  const call = callAt(0);
  const sizes = (texts: readonly string[]) =>
    piecesOf(
      call,
      texts.map((text) => new TextEncoder().encode(text)),
      limits,
    ).map(({ firstIndex, events, bytes }) => [firstIndex, events.length, bytes]);

  expect(sizes(['1', '2', '3', '4'])).toEqual([[0, 4, 4]]);
  expect(sizes(['1', '2', '3', '4', '5'])).toEqual([
    [0, 4, 4],
    [4, 1, 1],
  ]);
  expect(sizes(['1', 'x'.repeat(2_000), '2'])).toEqual([
    [0, 1, 1],
    [1, 1, 2_000],
    [2, 1, 1],
  ]);
});

test('thousands go through, and a call can be taken out', () => {
  const queue = createQueue();
  const gone = callAt(0);
  for (let n = 0; n < 5_000; n++) queue.push(piece([String(n)], n, n % 5 === 0 ? gone : callAt(0)));
  for (let n = 0; n < 1_500; n++) queue.shift();

  expect(queue.remove(gone)).toHaveLength(700);
  expect(queue.events()).toBe(2_800);
  expect(queue.head()?.firstIndex).toBe(1_501);
  expect(queue.last()?.firstIndex).toBe(4_999);
  expect(queue.clear()).toHaveLength(2_800);
  expect([queue.events(), queue.bytes()]).toEqual([0, 0]);
});
