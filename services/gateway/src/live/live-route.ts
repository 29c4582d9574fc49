import { parseEmptyQuery } from '@oncelog/event-schema';
import type { RequestHandler } from 'express';
import type { EventStreams } from '../event-streams.ts';
import { validQuery } from '../query-string.ts';
import type { LiveHub } from './live-hub.ts';

export interface LiveRouteDeps {
  readonly eventStreams: EventStreams;
  readonly liveHub: LiveHub;
}

/** `GET /live`: the state of the whole system, as server-sent events, one a second. */
export function liveRoute({ eventStreams, liveHub }: LiveRouteDeps): RequestHandler {
  return (request, response) => {
    validQuery(request, parseEmptyQuery);
    liveHub.join(eventStreams.open(request, response));
  };
}
