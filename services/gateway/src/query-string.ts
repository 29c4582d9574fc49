import type { RawQuery } from '@oncelog/event-schema';
import type { Request } from 'express';

/** The query as Express's simple parser leaves it: text, or a list of texts. */
export function queryOf(request: Request): RawQuery {
  return request.query as RawQuery;
}
