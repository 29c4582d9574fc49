import { createHash } from 'node:crypto';
import type { DeadEvent } from '@oncelog/event-store';

/**
 * Largest original that is kept whole: three requests of the default limit. Of a larger one the beginning is kept,
 * its size, and its SHA-256. Somebody may put 512 MB into the stream: in full it would take several times that much
 * memory here and in Postgres.
 */
const MAX_ORIGINAL_BYTES = 16 * 1024 * 1024;

const PIECE_BYTES = 65_536;

/** The original of a dead letter, from the pieces that it consists of. */
export function keepOriginal(
  pieces: Iterable<Buffer>,
  maxBytes = MAX_ORIGINAL_BYTES,
): Pick<DeadEvent, 'original' | 'full'> {
  const kept: Buffer[] = [];
  const hash = createHash('sha256');
  let bytes = 0;
  for (const piece of pieces) {
    if (bytes < maxBytes) kept.push(piece.subarray(0, maxBytes - bytes));
    hash.update(piece);
    bytes += piece.length;
  }
  const original = Buffer.concat(kept);
  return bytes <= maxBytes ? { original } : { original, full: { bytes, sha256: hash.digest() } };
}

/**
 * The fields of a foreign entry as a JSON array of strings, names and values in turn: in pieces, because a byte may
 * take six when it is escaped. The bytes of what is UTF-8 stand in it as they are.
 */
export function* fieldsAsJson(fields: readonly Buffer[]): Generator<Buffer> {
  for (const [at, field] of fields.entries()) {
    yield Buffer.from(at === 0 ? '["' : ',"');
    for (let start = 0; start < field.length; start += PIECE_BYTES) {
      const text = field.subarray(start, start + PIECE_BYTES).toString('latin1');
      yield Buffer.from(JSON.stringify(text).slice(1, -1), 'latin1');
    }
    yield Buffer.from('"');
  }
  yield Buffer.from(']');
}
