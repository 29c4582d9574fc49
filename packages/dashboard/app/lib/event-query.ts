import { startOf } from './time-range.ts';
import type { EventSearch } from './url-state.ts';

/** The query of `GET /events` for a search, without its `?`. */
export function eventsQuery(search: EventSearch, { now, limit }: { now: Date; limit: number }): string {
  const query = tailParameters(search);
  if (search.event_id !== '') query.set('event_id', search.event_id);
  const since = search.range === '' ? search.since : startOf(search.range, now);
  if (since !== '') query.set('since', since);
  if (search.range === '' && search.until !== '') query.set('until', search.until);
  query.set('limit', String(limit));
  return query.toString();
}

/** The query of `GET /tail` for a search, without its `?`. */
export const tailQuery = (search: EventSearch): string => tailParameters(search).toString();

function tailParameters({ topic, source, contains }: EventSearch): URLSearchParams {
  const query = new URLSearchParams();
  if (topic !== '') query.set('topic', topic);
  if (source !== '') query.set('source', source);
  if (contains.trim() !== '') query.set('contains', contains);
  return query;
}
