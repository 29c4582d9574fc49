import { type EventsQuery, parseEventsQuery } from '@oncelog/event-schema';
import { type Database, type EventRow, listEvents } from '@oncelog/event-store';
import type { Request, RequestHandler } from 'express';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { Problem } from './problem.ts';
import { queryOf } from './query-string.ts';
import { query } from './store.ts';

/**
 * `GET /events`: newest first, filtered, a page at a time. The next page is in the Link header, so that the body
 * stays an array. Events are spliced as Postgres writes them, never parsed.
 */
export function eventsRoute({ database }: { database: Database }): RequestHandler {
  return async (request, response) => {
    const filter = filterOf(request);
    // one more than asked for tells whether there is another page
    const rows = await query(database, (db) => listEvents(db, { ...filter, limit: filter.limit + 1 }));
    const page = rows.slice(0, filter.limit);
    const last = page.at(-1);
    if (rows.length > page.length && last !== undefined) response.set('Link', nextPage(request, last));
    response.type('application/json').send(`[${page.map(({ json }) => json).join(',')}]`);
  };
}

function filterOf(request: Request) {
  const parsed = parseEventsQuery(queryOf(request));
  if (parsed.outcome === 'invalid') {
    throw new Problem('invalid-query', {
      detail: 'See errors for each parameter.',
      errors: parsed.violations,
    });
  }
  const { topic, source, event_id: eventId, since, until, limit, cursor }: EventsQuery = parsed.query;
  return { topics: topic, source, eventId, since, until, limit, beforeSeq: seqOf(cursor) };
}

function seqOf(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const seq = decodeCursor(cursor);
  if (seq !== undefined) return seq;
  const detail = 'It must be a cursor from a Link header.';
  const violation = { pointer: '/query/cursor', rule: 'cursor', detail };
  throw new Problem('invalid-query', { detail: 'See errors for each parameter.', errors: [violation] });
}

/** Relative (RFC 8288 allows it): behind a proxy the gateway does not know its own address. */
function nextPage(request: Request, { seq }: EventRow): string {
  const search = new URLSearchParams(request.originalUrl.split('?')[1] ?? '');
  search.set('cursor', encodeCursor(seq));
  return `</events?${search.toString()}>; rel="next"`;
}
