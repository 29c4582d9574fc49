import { expect, test } from 'vitest';
import { Call, type Piece } from './call.ts';
import { createQueue, piecesOf, take, type Waiting } from './queue.ts';
import { piece } from './testing/piece.ts';

const callAt = (enqueuedAt: number): Call =>
  new Call(1, { enqueuedAt, deadlineAt: Number.POSITIVE_INFINITY, onFinal: () => undefined });
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

test('pieces can be taken out from anywhere, once', () => {
  const queue = createQueue();
  const places = Array.from({ length: 10 }, (_, n) => queue.push(piece([String(n)], n)));
  const removed = [0, 4, 5, 9].map((n) => queue.remove(places[n] as Waiting));
  queue.shift();

  expect(removed).toEqual([true, true, true, true]);
  expect(queue.remove(places[4] as Waiting)).toBe(false);
  expect(queue.remove(places[1] as Waiting)).toBe(false);
  expect([queue.events(), queue.bytes(), queue.last()?.firstIndex]).toEqual([5, 10, 8]);
  expect(take(queue, { maxEvents: 10, maxBytes: 1_000 }, 0).map(({ firstIndex }) => firstIndex)).toEqual([
    2, 3, 6, 7, 8,
  ]);
  expect([queue.head(), queue.last(), queue.events(), queue.bytes()]).toEqual([undefined, undefined, 0, 0]);
  queue.push(piece(['again'], 7));
  expect(queue.head()?.firstIndex).toBe(7);
});
