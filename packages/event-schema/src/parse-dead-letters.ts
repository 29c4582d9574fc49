import {
  type DeadLetterDeletion,
  DeadLetterDeletionSchema,
  type DeadLetterReplay,
  DeadLetterReplaySchema,
  type DeadLettersQuery,
  DeadLettersQuerySchema,
} from './dead-letters.ts';
import { DEFAULT_EVENTS_LIMIT } from './limits.ts';
import { parseJson } from './parse-json.ts';
import { outcomeOf, type ParsedQuery } from './parse-queries.ts';
import {
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
  readOne,
  refuseUnknown,
  report,
} from './query-parameters.ts';
import type { BrokenRule } from './violations.ts';

/** Parses the query of `GET /dead-letters`. Unknown parameters are refused. Pure. */
export function parseDeadLettersQuery(query: RawQuery): ParsedQuery<DeadLettersQuery> {
  const reading: QueryReading = { query, under: ['query'], violations: [] };
  refuseUnknown(reading, DeadLettersQuerySchema.properties);
  const filter = { ...readFilter(reading), ...readState(reading), ...readCursor(reading) };
  return outcomeOf(reading, { ...filter, limit: readLimit(reading) });
}

/** Parses the query of `DELETE /dead-letters`: a filter, or all. Pure. */
export function parseDeadLetterDeletion(query: RawQuery): ParsedQuery<DeadLetterDeletion> {
  const reading: QueryReading = { query, under: ['query'], violations: [] };
  refuseUnknown(reading, DeadLetterDeletionSchema.properties);
  const filter = { ...readFilter(reading), ...readState(reading) };
  return outcomeOf(reading, { ...filter, ...readAll(reading, filter), limit: readLimit(reading) });
}

/** What became of a body with a filter: `malformed` is no JSON (400), `invalid` breaks rules (422). */
export type ParsedDeadLetterReplay = ParsedQuery<DeadLetterReplay> | { outcome: 'malformed'; detail: string };

/** Parses the body of `POST /dead-letters/replay`: a filter, or all. Pure; never throws for any bytes. */
export function parseDeadLetterReplay(body: Uint8Array): ParsedDeadLetterReplay {
  const parsed = parseJson(body);
  if (parsed.outcome === 'malformed') return parsed;
  const { document } = parsed;
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    const violation = { pointer: '', rule: 'type', detail: 'It must be an object.' };
    return { outcome: 'invalid', violations: [violation] };
  }
  const reading = readingOf(document as Record<string, unknown>);
  refuseUnknown(reading, DeadLetterReplaySchema.properties);
  const filter = readFilter(reading);
  const place = { ...readCursor(reading), limit: readLimit(reading) };
  return outcomeOf(reading, { ...filter, ...readAll(reading, filter), ...place });
}

/** The members of an object as if they were parameters: those of the right type, as text. */
function readingOf(document: Record<string, unknown>): QueryReading {
  const reading: QueryReading = { query: {}, under: [], violations: [] };
  const fits = Object.entries(document).filter(([name, value]) => {
    const type = TYPES[name] ?? 'string';
    if (typeof value === type || !Object.hasOwn(DeadLetterReplaySchema.properties, name)) return true;
    report(reading, name, { rule: 'type', detail: `It must be a ${type}.` });
    return false;
  });
  // an object is here only under an unknown name, and may have a toString of its own
  const textOf = (value: unknown): string => (typeof value === 'object' ? '' : String(value));
  reading.query = Object.fromEntries(fits.map(([name, value]) => [name, textOf(value)]));
  return reading;
}

const TYPES: Record<string, string | undefined> = { limit: 'number', all: 'boolean' };

type Filter = Pick<DeadLetterReplay, 'code' | 'batch_id' | 'since' | 'until'>;

function readFilter(reading: QueryReading): Filter {
  const { code, since, until } = {
    code: readOne(reading, 'code', checkName),
    since: readTimestamp(reading, 'since'),
    until: readTimestamp(reading, 'until'),
  };
  const batchId = readOne(reading, 'batch_id', checkUuid)?.toLowerCase();
  refuseEmptyRange(reading, since, until);
  return defined({ code, batch_id: batchId, since, until });
}

function readState(reading: QueryReading): { state?: 'open' | 'replayed' } {
  const state = readOne(reading, 'state', (value) =>
    value === 'open' || value === 'replayed'
      ? undefined
      : { rule: 'enum', detail: 'It must be open or replayed.' },
  );
  return defined({ state }) as { state?: 'open' | 'replayed' };
}

function readCursor(reading: QueryReading): { cursor?: string } {
  return defined({ cursor: readOne(reading, 'cursor', checkCursor) });
}

function readLimit(reading: QueryReading): number {
  return Number(readOne(reading, 'limit', checkLimit) ?? DEFAULT_EVENTS_LIMIT);
}

/** A filter that somebody forgot must not mean everything. */
function readAll(reading: QueryReading, filter: object): { all?: true } {
  const all = readOne(reading, 'all', (value) => (value === 'true' ? undefined : BROKEN_ALL));
  const isFiltered = Object.keys(filter).length > 0;
  if (all !== undefined && isFiltered) {
    report(reading, 'all', {
      rule: 'exclusive',
      detail: 'It stands in the place of a filter, not beside one.',
    });
  }
  if (all === undefined && !isFiltered && reading.violations.length === 0) {
    report(reading, 'all', {
      rule: 'required',
      detail: 'A filter is required, or all, to mean all of them.',
    });
  }
  return all === undefined ? {} : { all: true };
}

const BROKEN_ALL: BrokenRule = { rule: 'enum', detail: 'It must be true, or left out.' };
