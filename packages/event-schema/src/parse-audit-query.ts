import { type AuditQuery, AuditQuerySchema } from './audit.ts';
import { outcomeOf, type ParsedQuery } from './parse-queries.ts';
import { type QueryReading, type RawQuery, readOne, refuseUnknown } from './query-parameters.ts';
import type { BrokenRule } from './violations.ts';

/** Parses the query of `GET /audit`. Unknown parameters are refused. Pure. */
export function parseAuditQuery(query: RawQuery): ParsedQuery<AuditQuery> {
  const reading: QueryReading = { query, under: ['query'], violations: [] };
  refuseUnknown(reading, AuditQuerySchema.properties);
  return outcomeOf(reading, { full: readOne(reading, 'full', checkBoolean) === 'true' });
}

function checkBoolean(value: string): BrokenRule | undefined {
  return value === 'true' || value === 'false'
    ? undefined
    : { rule: 'type', detail: 'It must be true or false.' };
}
