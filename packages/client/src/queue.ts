import type { Call, Piece } from './call.ts';
import { BODY_FRAME_BYTES } from './publish-batch.ts';

/** Of one batch. */
export interface BatchLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** What the events of a piece take of a batch: a comma each, too. */
function weight({ bytes, events }: Pick<Piece, 'bytes' | 'events'>): number {
  return bytes + events.length;
}

/** A call that fits one batch is one piece; a larger one is cut. An event that is larger than a batch goes alone. */
export function piecesOf(call: Call, events: readonly Uint8Array[], limits: BatchLimits): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  let bytes = 0;
  const cut = (to: number): void => {
    pieces.push({
      call,
      firstIndex: from,
      events: from === 0 && to === events.length ? events : events.slice(from, to),
      bytes,
    });
    from = to;
    bytes = 0;
  };
  for (const [index, event] of events.entries()) {
    const count = index - from;
    const total = BODY_FRAME_BYTES + bytes + event.length + count + 1;
    if (count > 0 && (count >= limits.maxEvents || total > limits.maxBytes)) cut(index);
    bytes += event.length;
  }
  cut(events.length);
  return pieces;
}

/** The next batch: at least one piece, and as many as fit and are not too far apart in time. */
export function take(queue: Queue, limits: BatchLimits, spanMs: number): Piece[] {
  const batch: Piece[] = [];
  let events = 0;
  let bytes = BODY_FRAME_BYTES;
  for (let piece = queue.head(); piece !== undefined; piece = queue.head()) {
    const fits =
      events + piece.events.length <= limits.maxEvents &&
      bytes + weight(piece) <= limits.maxBytes &&
      piece.call.enqueuedAt - (batch[0] ?? piece).call.enqueuedAt <= spanMs;
    if (batch.length > 0 && !fits) break;
    queue.shift();
    batch.push(piece);
    events += piece.events.length;
    bytes += weight(piece);
  }
  return batch;
}

/** A piece in its place. */
export interface Waiting {
  readonly piece: Piece;
  previous: Waiting | undefined;
  next: Waiting | undefined;
  isIn: boolean;
}

/** Pieces that wait, in the order of the calls. */
export interface Queue {
  head(): Piece | undefined;
  last(): Piece | undefined;
  push(piece: Piece): Waiting;
  shift(): void;
  /** Takes a piece out of the middle. @returns whether it was in */
  remove(place: Waiting): boolean;
  events(): number;
  bytes(): number;
}

/** A linked list: a signal that aborts takes thousands of calls out of the middle, and each must cost next to nothing. */
export function createQueue(): Queue {
  let first: Waiting | undefined;
  let last: Waiting | undefined;
  let events = 0;
  let bytes = 0;
  const remove = (place: Waiting): boolean => {
    const { piece, previous, next, isIn } = place;
    if (!isIn) return false;
    place.isIn = false;
    if (previous === undefined) first = next;
    else previous.next = next;
    if (next === undefined) last = previous;
    else next.previous = previous;
    events -= piece.events.length;
    bytes -= weight(piece);
    return true;
  };
  return {
    head: () => first?.piece,
    last: () => last?.piece,
    push(piece) {
      const place: Waiting = { piece, previous: last, next: undefined, isIn: true };
      if (last === undefined) first = place;
      else last.next = place;
      last = place;
      events += piece.events.length;
      bytes += weight(piece);
      return place;
    },
    shift() {
      if (first !== undefined) remove(first);
    },
    remove,
    events: () => events,
    bytes: () => bytes,
  };
}
