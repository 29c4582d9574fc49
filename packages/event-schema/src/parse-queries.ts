import {
  DEFAULT_EVENTS_LIMIT,
  MAX_CURSOR_CHARACTERS,
  MAX_EVENTS_LIMIT,
  MAX_RECEIPT_IDS,
  MAX_TOPICS_PER_QUERY,
} from './limits.ts';
import type { Violation } from './problem.ts';
import { type BatchesQuery, BatchesQuerySchema, type EventsQuery, EventsQuerySchema } from './queries.ts';
import {
  type QueryReading,
  type RawQuery,
  readMany,
  readOne,
  refuseUnknown,
  report,
} from './query-parameters.ts';
import { isUuid, textFault } from './string-types.ts';
import { isTimestamp, microsecondsOf } from './timestamp.ts';
import { BROKEN_TIMESTAMP, type BrokenRule, brokenJsonRule, brokenName } from './violations.ts';

/** What became of a query: `invalid` breaks rules (422). */
export type ParsedQuery<Query> =
  | { outcome: 'valid'; query: Query }
  | { outcome: 'invalid'; violations: Violation[] };

/** Parses the query of `GET /events`. Unknown parameters are refused. Pure. */
export function parseEventsQuery(query: RawQuery): ParsedQuery<EventsQuery> {
  const reading: QueryReading = { query, violations: [] };
  refuseUnknown(reading, EventsQuerySchema.properties);
  const topic = readMany(reading, 'topic', { max: MAX_TOPICS_PER_QUERY, check: checkName });
  const optional = {
    source: readOne(reading, 'source', checkName),
    event_id: readOne(reading, 'event_id', checkName),
    since: readOne(reading, 'since', checkTimestamp),
    until: readOne(reading, 'until', checkTimestamp),
    cursor: readOne(reading, 'cursor', checkCursor),
  };
  const limit = Number(readOne(reading, 'limit', checkLimit) ?? DEFAULT_EVENTS_LIMIT);
  refuseEmptyRange(reading, optional.since, optional.until);
  return outcomeOf(reading, { topic, ...defined(optional), limit });
}

/** Parses the query of `GET /batches`: UUIDs in any case, returned in lower case. Pure. */
export function parseBatchesQuery(query: RawQuery): ParsedQuery<BatchesQuery> {
  const reading: QueryReading = { query, violations: [] };
  refuseUnknown(reading, BatchesQuerySchema.properties);
  const ids = readMany(reading, 'batch_id', { max: MAX_RECEIPT_IDS, check: checkUuid });
  if (ids.length === 0) report(reading, 'batch_id', { rule: 'required', detail: 'It is required.' });
  return outcomeOf(reading, { batch_id: ids.map((id) => id.toLowerCase()) });
}

function outcomeOf<Query>({ violations }: QueryReading, query: Query): ParsedQuery<Query> {
  return violations.length === 0 ? { outcome: 'valid', query } : { outcome: 'invalid', violations };
}

/** Leaves absent parameters out, as `exactOptionalPropertyTypes` asks. */
function defined<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: string };
}

function refuseEmptyRange(reading: QueryReading, since: string | undefined, until: string | undefined): void {
  if (since === undefined || until === undefined || microsecondsOf(since) < microsecondsOf(until)) return;
  report(reading, 'until', { rule: 'empty-range', detail: 'It must be later than since.' });
}

function checkName(value: string): BrokenRule | undefined {
  const fault = textFault(value);
  return fault === undefined ? brokenName(value) : brokenJsonRule(fault);
}

function checkTimestamp(value: string): BrokenRule | undefined {
  return isTimestamp(value) ? undefined : BROKEN_TIMESTAMP;
}

function checkLimit(value: string): BrokenRule | undefined {
  if (!/^\d+$/.test(value)) return { rule: 'type', detail: 'It must be an integer in decimal digits.' };
  if (Number(value) < 1) return { rule: 'minimum', detail: 'It must be at least 1.' };
  if (Number(value) > MAX_EVENTS_LIMIT)
    return { rule: 'maximum', detail: `It may be at most ${MAX_EVENTS_LIMIT}.` };
  return undefined;
}

function checkCursor(value: string): BrokenRule | undefined {
  if (value.length > MAX_CURSOR_CHARACTERS) {
    return { rule: 'max-length', detail: `It may have at most ${MAX_CURSOR_CHARACTERS} characters.` };
  }
  return /^[A-Za-z0-9_-]+$/.test(value)
    ? undefined
    : { rule: 'pattern', detail: 'It must be a cursor from a Link header.' };
}

function checkUuid(value: string): BrokenRule | undefined {
  return isUuid(value)
    ? undefined
    : { rule: 'uuid', detail: 'It must be a UUID, such as 0198c5d0-4b7e-7000-8000-0123456789ab.' };
}
