import { isUtf8 } from 'node:buffer';
import { isTooDeep, MAX_PARSED_DEPTH } from './json-depth.ts';

/** A body as a JSON value, or why it is none. */
export type ParsedJson = { outcome: 'parsed'; document: unknown } | { outcome: 'malformed'; detail: string };

/**
 * Parses a body, or a part of one. Never throws for any bytes.
 *
 * @param what of which the details speak, at the beginning of a sentence
 */
export function parseJson(body: Uint8Array, what = 'The body'): ParsedJson {
  if (!isUtf8(body)) return { outcome: 'malformed', detail: `${what} is not valid UTF-8.` };
  if (isTooDeep(body)) {
    return { outcome: 'malformed', detail: `${what} is nested more than ${MAX_PARSED_DEPTH} levels deep.` };
  }
  try {
    return { outcome: 'parsed', document: JSON.parse(textOf(body)) };
  } catch (error) {
    return { outcome: 'malformed', detail: malformedDetail(body, what, error) };
  }
}

/** Unlike a TextDecoder, this keeps a byte order mark, which JSON.parse then refuses. */
function textOf(body: Uint8Array): string {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.toString('utf8');
}

/** Says where the text breaks if the engine tells; its own message would repeat parts of the body. */
function malformedDetail(body: Uint8Array, what: string, error: unknown): string {
  if (body.length === 0) return `${what} is empty.`;
  if (startsWithByteOrderMark(body)) return `${what} begins with a byte order mark, which JSON has not.`;
  const position = /at position (\d+)/.exec(String(error))?.[1];
  return position === undefined
    ? `${what} is not valid JSON.`
    : `${what} is not valid JSON: see character ${position}, counted from 0.`;
}

function startsWithByteOrderMark([first, second, third]: Uint8Array): boolean {
  return first === 0xef && second === 0xbb && third === 0xbf;
}
