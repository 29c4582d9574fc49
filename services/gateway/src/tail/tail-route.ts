import { parseTailQuery } from '@oncelog/event-schema';
import {
  type Database,
  type FeedEnd,
  type FeedPlace,
  isFromElsewhere,
  readFeedEnd,
} from '@oncelog/event-store';
import type { Request, RequestHandler } from 'express';
import type { EventStreams } from '../event-streams.ts';
import { Problem } from '../problem.ts';
import { validQuery } from '../query-string.ts';
import { query } from '../store.ts';
import { createEventIds, type EventIds } from './event-id.ts';
import type { Tail } from './tail.ts';

export interface TailRouteDeps {
  readonly database: Database;
  readonly eventStreams: EventStreams;
  readonly tail: Tail;
}

/**
 * `GET /tail`: server-sent events of what is stored from now on, or from the place of Last-Event-ID on. Ends when the
 * client goes, is cut off, or the service stops.
 */
export function tailRoute({ database, eventStreams, tail }: TailRouteDeps): RequestHandler {
  return async (request, response) => {
    const { topic: topics, ...rest } = validQuery(request, parseTailQuery);
    eventStreams.refuseIfFull(); // before the store is asked for somebody who will be refused
    const end = await query(database, readFeedEnd);
    const ids = createEventIds(end.origin);
    const from = resumedAt(request, { ids, end }) ?? { passed: end.snapshot };
    if (response.destroyed) return; // the client has gone meanwhile
    const connection = eventStreams.open(request, response);
    if (connection.closed.aborted) return; // HEAD
    await tail.follow({ connection, filter: { topics, ...rest }, from, ids });
  };
}

/** @throws {Problem} 422 where the ID is none of ours */
function resumedAt(request: Request, { ids, end }: { ids: EventIds; end: FeedEnd }): FeedPlace | undefined {
  const id = request.get('Last-Event-ID');
  if (id === undefined || id === '') return undefined;
  const place = ids.decode(id);
  if (place === undefined) {
    throw invalid({
      rule: 'event-id',
      detail: 'It must be the id of an event that GET /tail of this system has sent.',
    });
  }
  if (isFromElsewhere(place, end.nextXid)) {
    const detail = 'The store has not come so far: it was restored from a backup. Begin without it.';
    throw invalid({ rule: 'unknown-place', detail });
  }
  return place;
}

function invalid(broken: { readonly rule: string; readonly detail: string }): Problem {
  return new Problem('invalid-last-event-id', {
    detail: 'See errors.',
    errors: [{ pointer: '/headers/last-event-id', ...broken }],
  });
}
