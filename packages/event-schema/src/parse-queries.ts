import { DEFAULT_EVENTS_LIMIT, MAX_RECEIPT_IDS, MAX_TOPICS_PER_QUERY } from './limits.ts';
import type { Violation } from './problem.ts';
import {
  type BatchesQuery,
  BatchesQuerySchema,
  type EventsQuery,
  EventsQuerySchema,
  type TailQuery,
  TailQuerySchema,
} from './queries.ts';
import {
  checkContains,
  checkCursor,
  checkLimit,
  checkName,
  checkUuid,
  readTimestamp,
  refuseEmptyRange,
} from './query-checks.ts';
import {
  defined,
  type QueryReading,
  type RawQuery,
  readMany,
  readOne,
  refuseUnknown,
  report,
} from './query-parameters.ts';

/** What became of a query: `invalid` breaks rules (422). */
export type ParsedQuery<Query> =
  | { outcome: 'valid'; query: Query }
  | { outcome: 'invalid'; violations: Violation[] };

/** Parses the query of `GET /events`. Unknown parameters are refused. Pure. */
export function parseEventsQuery(query: RawQuery): ParsedQuery<EventsQuery> {
  const reading: QueryReading = { query, under: ['query'], violations: [] };
  refuseUnknown(reading, EventsQuerySchema.properties);
  const topic = readMany(reading, 'topic', { max: MAX_TOPICS_PER_QUERY, check: checkName });
  const optional = {
    source: readOne(reading, 'source', checkName),
    event_id: readOne(reading, 'event_id', checkName),
    contains: readOne(reading, 'contains', checkContains),
    since: readTimestamp(reading, 'since'),
    until: readTimestamp(reading, 'until'),
    cursor: readOne(reading, 'cursor', checkCursor),
  };
  const limit = Number(readOne(reading, 'limit', checkLimit) ?? DEFAULT_EVENTS_LIMIT);
  refuseEmptyRange(reading, optional.since, optional.until);
  return outcomeOf(reading, { topic, ...defined(optional), limit });
}

/** Parses the query of `GET /tail`: filters as those of `GET /events`. Pure. */
export function parseTailQuery(query: RawQuery): ParsedQuery<TailQuery> {
  const reading: QueryReading = { query, under: ['query'], violations: [] };
  refuseUnknown(reading, TailQuerySchema.properties);
  const topic = readMany(reading, 'topic', { max: MAX_TOPICS_PER_QUERY, check: checkName });
  const optional = {
    source: readOne(reading, 'source', checkName),
    contains: readOne(reading, 'contains', checkContains),
  };
  return outcomeOf(reading, { topic, ...defined(optional) });
}

/** Parses the query of `GET /batches`: UUIDs in any case, returned in lower case. Pure. */
export function parseBatchesQuery(query: RawQuery): ParsedQuery<BatchesQuery> {
  const reading: QueryReading = { query, under: ['query'], violations: [] };
  refuseUnknown(reading, BatchesQuerySchema.properties);
  const ids = readMany(reading, 'batch_id', { max: MAX_RECEIPT_IDS, check: checkUuid });
  if (ids.length === 0) report(reading, 'batch_id', { rule: 'required', detail: 'It is required.' });
  return outcomeOf(reading, { batch_id: ids.map((id) => id.toLowerCase()) });
}

/** The query if nothing is wrong with it, else what is. */
export function outcomeOf<Query>({ violations }: QueryReading, query: Query): ParsedQuery<Query> {
  return violations.length === 0 ? { outcome: 'valid', query } : { outcome: 'invalid', violations };
}
