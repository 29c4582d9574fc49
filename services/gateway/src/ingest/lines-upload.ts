import {
  type KeptLines,
  MAX_ANSWERED_BATCH_IDS,
  MAX_WRITTEN_OUT_DIGITS,
  parseEvent,
  type Violation,
} from '@oncelog/event-schema';
import { type MayPublishTo, outsideLimit } from '../auth/principal.ts';
import { Problem } from '../problem.ts';
import { BYTES_AROUND_LINES, createLineBatcher, type LineBatch } from './line-batcher.ts';
import { createLineSplitter, type Line } from './line-splitter.ts';
import type { Turn } from './turns.ts';

export interface LinesUploadDeps {
  /**
   * Keeps a batch, for good when it resolves.
   *
   * @returns its ID
   */
  readonly keep: (batch: LineBatch) => Promise<string>;
  /** Asked for before each piece of work. */
  readonly turn: Turn;
  /** Left out where every topic may be published to. */
  readonly mayPublishTo?: MayPublishTo | undefined;
}

export interface LinesUploadLimits {
  readonly maxEventsPerBatch: number;
  /** Of one line, with what is around it in a batch. */
  readonly maxBodyBytes: number;
  /** Of all lines together. */
  readonly maxNdjsonBytes: number;
}

/** Takes a body of lines, of any size, and keeps it batch by batch. */
export interface LinesUpload {
  /** Resolves when there is place for more. */
  take(chunk: Uint8Array): Promise<void>;
  /** The body is whole: resolves when the last line is kept. */
  end(): Promise<void>;
  /** Waits for the batch that is on its way, when no more is taken. Rejects as {@link LinesUploadDeps.keep} does. */
  settle(): Promise<void>;
  /** What is known to be kept now. */
  kept(): KeptLines;
  /** The line that has not ended yet. */
  readonly pendingBytes: number;
}

/** Larger ones are not faster, and what is lost with a line that is wrong stays small. */
const MAX_BATCH_BYTES = 1_048_576;

/** The most bytes of a batch that has more than one line. */
export function maxBatchBytes({ maxBodyBytes }: Pick<LinesUploadLimits, 'maxBodyBytes'>): number {
  return Math.min(MAX_BATCH_BYTES, maxBodyBytes);
}

/**
 * While one batch is on its way, the next one is made; there are never more than these two. They are kept in order: when one
 * cannot be, none behind it is. All methods throw {@link Problem}s: of the first line that is at fault, of a body that is too
 * large, and those of `keep`.
 */
export function createLinesUpload(
  { keep, turn, mayPublishTo }: LinesUploadDeps,
  limits: LinesUploadLimits,
): LinesUpload {
  const maxLineBytes = limits.maxBodyBytes - BYTES_AROUND_LINES;
  const splitter = createLineSplitter({ maxLineBytes });
  const batcher = createLineBatcher({
    maxEvents: limits.maxEventsPerBatch,
    maxBytes: maxBatchBytes(limits),
    maxWrittenOutDigits: MAX_WRITTEN_OUT_DIGITS,
  });
  const batchIds: string[] = [];
  let kept = { queued: 0, lines: 0, batches: 0 };
  let bytes = 0;
  let underWay: Promise<void> = Promise.resolve();

  const keepAndCount = async (batch: LineBatch): Promise<void> => {
    batchIds.push(await keep(batch));
    if (batchIds.length > MAX_ANSWERED_BATCH_IDS) batchIds.shift();
    kept = {
      queued: kept.queued + batch.events,
      lines: batch.lastLine,
      batches: kept.batches + 1,
    };
  };

  const send = async (batch: LineBatch): Promise<void> => {
    await underWay;
    underWay = keepAndCount(batch);
    underWay.catch(() => {}); // whoever waits for it next is told
    await turn();
  };

  const takeLine = (line: Line): LineBatch | undefined => {
    if (line.bytes === undefined) throw tooLong(line, maxLineBytes);
    if (isBlank(line.bytes)) return undefined;
    const { topic, writtenOutDigits } = checked(line.number, line.bytes);
    if (mayPublishTo?.(topic) === false) throw otherTopic(line.number);
    return batcher.add({ number: line.number, writtenOutDigits, bytes: line.bytes });
  };

  const takeLines = async (lines: Iterable<Line>): Promise<void> => {
    for (const line of lines) {
      const batch = takeLine(line);
      if (batch !== undefined) await send(batch);
    }
  };

  return {
    get pendingBytes() {
      return splitter.pendingBytes;
    },
    async take(chunk) {
      bytes += chunk.length;
      if (bytes > limits.maxNdjsonBytes) throw tooLarge(limits.maxNdjsonBytes);
      await turn();
      await takeLines(splitter.push(chunk));
    },
    async end() {
      await takeLines(splitter.end());
      const last = batcher.end();
      if (last !== undefined) await send(last);
      await underWay;
      if (kept.batches === 0) throw empty();
    },
    settle: () => underWay,
    kept: () => ({ ...kept, batch_ids: [...batchIds] }),
  };
}

function checked(number: number, bytes: Uint8Array): { topic: string; writtenOutDigits: number } {
  const parsed = parseEvent(bytes);
  switch (parsed.outcome) {
    case 'valid':
      return parsed;
    case 'malformed': {
      const violation = { pointer: `/lines/${number}`, rule: 'json', detail: parsed.detail };
      throw new Problem('malformed-json', { detail: `Line ${number} is not JSON.`, errors: [violation] });
    }
    case 'invalid':
      throw new Problem('invalid-batch', {
        detail: `Line ${number} breaks the rules of events.`,
        errors: parsed.violations.map((violation) => inLine(number, violation)),
      });
  }
}

function otherTopic(number: number): Problem {
  const detail = `Line ${number}: the key is limited to other topics.`;
  return new Problem('forbidden', { detail, errors: [outsideLimit(`/lines/${number}/topic`)] });
}

function inLine(number: number, violation: Violation): Violation {
  return { ...violation, pointer: `/lines/${number}${violation.pointer}` };
}

function isBlank(line: Uint8Array): boolean {
  for (const byte of line) if (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN) return false;
  return true;
}

const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;

function tooLong({ number }: Line, maxLineBytes: number): Problem {
  const detail = `A line may have at most ${maxLineBytes} bytes.`;
  const errors = [{ pointer: `/lines/${number}`, rule: 'max-bytes', detail }];
  return new Problem('body-too-large', { detail: `Line ${number} is too long.`, errors });
}

export function tooLarge(maxNdjsonBytes: number): Problem {
  return new Problem('body-too-large', {
    detail: `A body of lines may have at most ${maxNdjsonBytes} bytes, decompressed.`,
  });
}

function empty(): Problem {
  const detail = 'There must be at least one line that is not empty.';
  const errors = [{ pointer: '/lines', rule: 'min-items', detail }];
  return new Problem('invalid-batch', { detail: 'The body has no events.', errors });
}
