import { isTimestamp } from '@oncelog/event-schema';
import type { EventPlace } from '@oncelog/event-store';
import type { Request } from 'express';
import { Problem } from './problem.ts';

/** A place in a list as clients see it: opaque, so that it may change. */
interface Cursors<Place> {
  encode(place: Place): string;
  /**
   * Where the page before ended, from the query's cursor.
   *
   * @throws {Problem} 422 where {@link encode} did not make it
   */
  decode(cursor: string | undefined): Place | undefined;
}

const MAX_BIGINT = 9_223_372_036_854_775_807n;

function isBigint(digits: string): boolean {
  return /^\d{1,19}$/.test(digits) && BigInt(digits) <= MAX_BIGINT;
}

/** Of dead letters: an ID. */
export const idCursors: Cursors<string> = cursors(
  (id) => `i${id}`,
  (text) => {
    const [, id = ''] = /^i(\d+)$/.exec(text) ?? [];
    return isBigint(id) ? id : undefined;
  },
);

/** Of events: their number and time, since a list is in the order of one or the other. */
export const placeCursors: Cursors<EventPlace> = cursors(
  ({ seq, timestamp }) => `s${seq}t${timestamp}`,
  (text) => {
    const [, seq = '', timestamp = ''] = /^s(\d+)t(\S+)$/.exec(text) ?? [];
    return isBigint(seq) && isTimestamp(timestamp) ? { seq, timestamp } : undefined;
  },
);

function cursors<Place>(
  textOf: (place: Place) => string,
  read: (text: string) => Place | undefined,
): Cursors<Place> {
  const encode = (place: Place): string => Buffer.from(textOf(place)).toString('base64url');
  return {
    encode,
    decode(cursor) {
      if (cursor === undefined) return undefined;
      const place = read(Buffer.from(cursor, 'base64url').toString('latin1'));
      if (place !== undefined && encode(place) === cursor) return place;
      const detail = 'It must be a cursor from a Link header.';
      const violation = { pointer: '/query/cursor', rule: 'cursor', detail };
      throw new Problem('invalid-query', { detail: 'See errors for each parameter.', errors: [violation] });
    },
  };
}

/**
 * The Link header (RFC 8288) of a page behind which another begins at `cursor`. Relative: behind a proxy the gateway
 * does not know its own address.
 */
export function nextPage(request: Request, cursor: string): string {
  // values may hold question marks themselves
  const search = new URLSearchParams(/\?(.*)/s.exec(request.originalUrl)?.[1] ?? '');
  search.set('cursor', cursor);
  return `<${request.path}?${search.toString()}>; rel="next"`;
}
