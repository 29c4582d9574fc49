/** What may be an event: a line of NDJSON, or an element of a JSON document. */
export type Piece =
  | { readonly line: number; readonly text: string }
  /** It is none, and why. */
  | { readonly line: number; readonly fault: string };

/** Cuts a stream of bytes into pieces, whatever chunks it comes in. Line numbers are from 1. */
export interface Splitter {
  push(chunk: Buffer): Piece[];
  /** What the end of the stream completes. */
  end(): Piece[];
}

/** UTF-8 to the letter: what is none must not become something else. */
export function decode(line: number, parts: readonly Buffer[]): Piece {
  const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  try {
    return { line, text: decoder.decode(bytes) };
  } catch {
    return { line, fault: 'it is not UTF-8' };
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function tooLong(maxBytes: number): string {
  return `it has more than ${maxBytes.toLocaleString('en-US')} bytes`;
}
