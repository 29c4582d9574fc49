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
    if (to > from) pieces.push({ call, firstIndex: from, events: events.slice(from, to), bytes });
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

/** Pieces that wait, in the order of the calls. */
export interface Queue {
  head(): Piece | undefined;
  last(): Piece | undefined;
  push(piece: Piece): void;
  shift(): void;
  /** Takes out the pieces of a call. */
  remove(call: Call): Piece[];
  clear(): Piece[];
  events(): number;
  bytes(): number;
}

/** First in, first out, without moving all others at each step. */
export function createQueue(): Queue {
  let pieces: Piece[] = [];
  let from = 0;
  let events = 0;
  let bytes = 0;
  const count = (piece: Piece, sign: 1 | -1): void => {
    events += sign * piece.events.length;
    bytes += sign * weight(piece);
  };
  const keep = (isKept: (piece: Piece) => boolean): Piece[] => {
    const all = pieces.slice(from);
    const taken = all.filter((piece) => !isKept(piece));
    pieces = all.filter(isKept);
    from = 0;
    for (const piece of taken) count(piece, -1);
    return taken;
  };
  return {
    head: () => pieces[from],
    last: () => pieces.at(-1),
    push(piece) {
      pieces.push(piece);
      count(piece, 1);
    },
    shift() {
      count(pieces[from] as Piece, -1);
      from += 1;
      if (from < 1_024 && from < pieces.length) return;
      pieces = pieces.slice(from);
      from = 0;
    },
    remove: (call) => keep((piece) => piece.call !== call),
    clear: () => keep(() => false),
    events: () => events,
    bytes: () => bytes,
  };
}
