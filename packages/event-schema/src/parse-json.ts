import { isUtf8 } from 'node:buffer';

/** A body as a JSON value, or why it is none. */
export type ParsedJson = { outcome: 'parsed'; document: unknown } | { outcome: 'malformed'; detail: string };

/** Parses a body. Never throws for any bytes. */
export function parseJson(body: Uint8Array): ParsedJson {
  if (!isUtf8(body)) return { outcome: 'malformed', detail: 'The body is not valid UTF-8.' };
  try {
    return { outcome: 'parsed', document: JSON.parse(textOf(body)) };
  } catch (error) {
    return { outcome: 'malformed', detail: malformedDetail(body, error) };
  }
}

/** Unlike a TextDecoder, this keeps a byte order mark, which JSON.parse then refuses. */
function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

/** Says where the text breaks if the engine tells; its own message would repeat parts of the body. */
function malformedDetail(body: Uint8Array, error: unknown): string {
  if (body.length === 0) return 'The body is empty.';
  const position = /at position (\d+)/.exec(String(error))?.[1];
  return position === undefined
    ? 'The body is not valid JSON.'
    : `The body is not valid JSON: see character ${position}, counted from 0.`;
}
