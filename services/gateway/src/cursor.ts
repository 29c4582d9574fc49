import type { Request } from 'express';
import { Problem } from './problem.ts';

/** A place in the order of arrival as clients see it: opaque, so that it may change. */
function encodeCursor(seq: string): string {
  return Buffer.from(`s${seq}`).toString('base64url');
}

/** The `seq` of a cursor, or undefined where {@link encodeCursor} did not make it. */
function decodeCursor(cursor: string): string | undefined {
  const seq = /^s(\d{1,19})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1];
  if (seq === undefined || BigInt(seq) > 9_223_372_036_854_775_807n) return undefined;
  return encodeCursor(seq) === cursor ? seq : undefined;
}

/**
 * Where the page before ended, from the query's cursor.
 *
 * @throws {Problem} 422
 */
export function beforeCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const seq = decodeCursor(cursor);
  if (seq !== undefined) return seq;
  const detail = 'It must be a cursor from a Link header.';
  const violation = { pointer: '/query/cursor', rule: 'cursor', detail };
  throw new Problem('invalid-query', { detail: 'See errors for each parameter.', errors: [violation] });
}

/**
 * The Link header (RFC 8288) of a page that ends at `seq`. Relative: behind a proxy the gateway does not know its
 * own address.
 */
export function nextPage(request: Request, seq: string): string {
  // values may hold question marks themselves
  const search = new URLSearchParams(/\?(.*)/s.exec(request.originalUrl)?.[1] ?? '');
  search.set('cursor', encodeCursor(seq));
  return `<${request.path}?${search.toString()}>; rel="next"`;
}
