import { createGrowingBuffer } from './growing-buffer.ts';

/** A line, without its end. `bytes` is undefined where it is longer than a line may be: nothing follows then. */
export interface Line {
  /** As editors count: the first is 1. Empty lines count. */
  readonly number: number;
  /** Good until the next chunk is pushed. */
  readonly bytes: Uint8Array | undefined;
}

/** Cuts a stream of bytes into lines, however it is chunked. */
export interface LineSplitter {
  /** The lines that end in this chunk, but for empty ones. */
  push(chunk: Uint8Array): Generator<Line>;
  /** The last line, where no line feed ends it. */
  end(): Generator<Line>;
  /** Bytes of the line that has not ended yet. */
  readonly pendingBytes: number;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Lines end with a line feed; a carriage return before it belongs to the end. Holds no more than one line of the most bytes,
 * and never a chunk. (A byte of a longer UTF-8 character is never a line feed, so that characters cut by chunks are whole
 * again.)
 */
export function createLineSplitter({ maxLineBytes }: { maxLineBytes: number }): LineSplitter {
  const pending = createGrowingBuffer();
  let number = 1;
  const isTooLong = (bytes: number): boolean => bytes > maxLineBytes;

  return {
    get pendingBytes() {
      return pending.length;
    },
    *push(chunk) {
      let start = 0;
      for (;;) {
        // empty lines are many where somebody means harm: they must cost next to nothing
        while (pending.length === 0 && chunk[start] === LINE_FEED) {
          number += 1;
          start += 1;
        }
        const end = chunk.indexOf(LINE_FEED, start);
        const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
        // a carriage return is not counted before it is known what follows
        if (isTooLong(pending.length + piece.length - 1)) {
          yield { number, bytes: undefined };
          return;
        }
        if (end === -1) {
          pending.append(piece);
          return;
        }
        const line = withoutReturn(joined(pending, piece));
        yield { number, bytes: isTooLong(line.length) ? undefined : line };
        number += 1;
        start = end + 1;
      }
    },
    *end() {
      if (pending.length === 0) return;
      const line = withoutReturn(pending.take());
      yield { number, bytes: isTooLong(line.length) ? undefined : line };
    },
  };
}

function joined(pending: ReturnType<typeof createGrowingBuffer>, piece: Uint8Array): Uint8Array {
  if (pending.length === 0) return piece;
  pending.append(piece);
  return pending.take();
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
