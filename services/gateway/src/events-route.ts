import { parseEventsQuery } from '@oncelog/event-schema';
import { type Database, listEvents } from '@oncelog/event-store';
import type { Request, RequestHandler } from 'express';
import { nextPage, placeCursors } from './cursor.ts';
import { validQuery } from './query-string.ts';
import { query } from './store.ts';

/**
 * `GET /events`: newest first, filtered, a page at a time. The next page is in the Link header, so that the body
 * stays an array. Events are spliced as Postgres writes them, never parsed.
 */
export function eventsRoute({ database }: { database: Database }): RequestHandler {
  return async (request, response) => {
    const filter = filterOf(request);
    const { rows, more } = await query(database, (db) => listEvents(db, filter));
    const last = rows.at(-1);
    if (more && last !== undefined) response.set('Link', nextPage(request, placeCursors.encode(last)));
    response.type('application/json').send(`[${rows.map(({ json }) => json).join(',')}]`);
  };
}

function filterOf(request: Request) {
  const { event_id: eventId, topic: topics, cursor, ...rest } = validQuery(request, parseEventsQuery);
  return { ...rest, topics, eventId, after: placeCursors.decode(cursor) };
}
