import { parseAuditQuery } from '@oncelog/event-schema';
import { StreamRefusedError, StreamUnavailableError } from '@oncelog/event-stream';
import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';
import { validQuery } from '../query-string.ts';
import type { Auditor } from './auditor.ts';

/** `GET /audit`: 200 with what was found, also where it is inconsistent; 503 where nothing can be said. */
export function auditRoute({ auditor }: { auditor: Auditor }): RequestHandler {
  return async (request, response) => {
    const asked = validQuery(request, parseAuditQuery);
    try {
      response.json(await auditor.audit(asked));
    } catch (cause) {
      const ofStream = cause instanceof StreamUnavailableError || cause instanceof StreamRefusedError;
      throw new Problem(ofStream ? 'stream-unavailable' : 'store-unavailable', {
        detail: 'The audit could not be made: nothing is known. Ask again later.',
        retryAfterSeconds: 5,
        cause,
      });
    }
  };
}
