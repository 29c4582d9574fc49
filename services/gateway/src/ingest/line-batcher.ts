import { createGrowingBuffer } from './growing-buffer.ts';

/** Lines that become one batch. */
export interface LineBatch {
  /** Of the body's batches, from 0. */
  readonly index: number;
  readonly events: number;
  readonly firstLine: number;
  readonly lastLine: number;
  /** `{"events":[line,line…]}`, each line byte for byte. */
  readonly body: Buffer;
}

/** What no batch of more than one line passes. */
export interface LineBatchLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** Of numbers with an exponent, written out: what a batch may have of them is limited. */
  readonly maxWrittenOutDigits: number;
}

interface ValidLine {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly writtenOutDigits: number;
}

export interface LineBatcher {
  /** @returns the batch that is complete now: the one before, where this line has no place in it, or the one with this line */
  add(line: ValidLine): LineBatch | undefined;
  /** @returns the batch of the lines that are left */
  end(): LineBatch | undefined;
}

const OPEN = Buffer.from('{"events":[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']}');
/** What the body of a batch of one line has beside the line. */
export const BYTES_AROUND_LINES = OPEN.length + CLOSE.length;

/**
 * Makes batches of lines. Where one ends depends on the lines and the limits alone, not on time or on how they came: the
 * same lines make the same batches again.
 */
export function createLineBatcher(limits: LineBatchLimits): LineBatcher {
  const body = createGrowingBuffer();
  let index = 0;
  let events = 0;
  let writtenOutDigits = 0;
  let firstLine = 0;
  let lastLine = 0;

  const hasNoPlaceFor = (line: ValidLine): boolean =>
    events > 0 &&
    (body.length + COMMA.length + line.bytes.length + CLOSE.length > limits.maxBytes ||
      writtenOutDigits + line.writtenOutDigits > limits.maxWrittenOutDigits);

  const end = (): LineBatch | undefined => {
    if (events === 0) return undefined;
    body.append(CLOSE);
    const batch = { index, events, firstLine, lastLine, body: body.take() };
    index += 1;
    events = 0;
    writtenOutDigits = 0;
    return batch;
  };

  return {
    add(line) {
      const before = hasNoPlaceFor(line) ? end() : undefined;
      if (events === 0) firstLine = line.number;
      body.append(events === 0 ? OPEN : COMMA);
      body.append(line.bytes);
      events += 1;
      writtenOutDigits += line.writtenOutDigits;
      lastLine = line.number;
      return before ?? (events >= limits.maxEvents ? end() : undefined);
    },
    end,
  };
}
