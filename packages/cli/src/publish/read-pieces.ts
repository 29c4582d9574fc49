import { type Format, formatOf } from './format.ts';
import type { Piece, Splitter } from './pieces.ts';
import { createDocumentSplitter } from './split-documents.ts';
import { createLineSplitter } from './split-lines.ts';

export interface ReadingConfig {
  readonly format: Format;
  /** Longest piece. */
  readonly maxBytes: number;
  readonly onBytes: (bytes: number) => void;
}

/** The pieces of a stream, as many at a time as a chunk completes. A chunk is read when the ones before are dealt with. */
export async function* readPieces(
  stream: AsyncIterable<Buffer>,
  { format, maxBytes, onBytes }: ReadingConfig,
): AsyncGenerator<Piece[], void, undefined> {
  let splitter: Splitter | undefined;
  let head = Buffer.alloc(0);
  const choose = (isAll: boolean): Splitter | undefined => {
    const found = format === 'auto' ? formatOf(head, isAll) : format;
    if (found === undefined) return undefined;
    return found === 'json' ? createDocumentSplitter(maxBytes) : createLineSplitter(maxBytes);
  };
  for await (const chunk of stream) {
    onBytes(chunk.length);
    if (splitter === undefined) {
      head = Buffer.concat([head, chunk]);
      splitter = choose(head.length > MAX_HEAD_BYTES);
      if (splitter !== undefined) yield splitter.push(head);
    } else yield splitter.push(chunk);
  }
  if (splitter === undefined) {
    splitter = choose(true) as Splitter;
    yield splitter.push(head);
  }
  yield splitter.end();
}

/** Whoever begins with so many blanks is taken for NDJSON. */
const MAX_HEAD_BYTES = 65_536;
