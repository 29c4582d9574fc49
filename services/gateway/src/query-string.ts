import { parse as parseQueryString } from 'node:querystring';
import type { ParsedQuery, RawQuery } from '@oncelog/event-schema';
import type { Request } from 'express';
import { Problem } from './problem.ts';

/** All of a query: by default what stands behind the first 1,000 separators is lost, and a filter with it. */
export function parseQuery(query: string): RawQuery {
  return parseQueryString(query, '&', '=', { maxKeys: 0 });
}

/** The query as {@link parseQuery} leaves it: text, or a list of texts. */
function queryOf(request: Request): RawQuery {
  return request.query as RawQuery;
}

/** @throws {Problem} 422 that names each parameter that breaks a rule */
export function validQuery<Query>(request: Request, parse: (query: RawQuery) => ParsedQuery<Query>): Query {
  const parsed = parse(queryOf(request));
  if (parsed.outcome === 'valid') return parsed.query;
  throw new Problem('invalid-query', {
    detail: 'See errors for each parameter.',
    errors: parsed.violations,
  });
}
