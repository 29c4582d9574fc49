import { outcomeOf, type ParsedQuery } from './parse-queries.ts';
import { type QueryReading, type RawQuery, refuseUnknown } from './query-parameters.ts';

/** Parses the query of an endpoint that takes no parameters: there must be none. Pure. */
export function parseEmptyQuery(query: RawQuery): ParsedQuery<Record<string, never>> {
  const reading: QueryReading = { query, under: ['query'], violations: [] };
  refuseUnknown(reading, {});
  return outcomeOf(reading, {});
}
