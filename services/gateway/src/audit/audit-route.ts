import { parseAuditQuery } from '@oncelog/event-schema';
import { StreamRefusedError, StreamUnavailableError } from '@oncelog/event-stream';
import { type Check, checkHealth } from '@oncelog/service-kit';
import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';
import { validQuery } from '../query-string.ts';
import { storeProblem } from '../store.ts';
import type { Auditor } from './auditor.ts';

export interface AuditRouteDeps {
  readonly auditor: Auditor;
  readonly checks: Readonly<Record<'database' | 'redis', Check>>;
}

/** `GET /audit`: 200 with what was found, also where it is inconsistent; 503 where nothing can be said. */
export function auditRoute({ auditor, checks }: AuditRouteDeps): RequestHandler {
  return async (request, response) => {
    const asked = validQuery(request, parseAuditQuery);
    // an audit may take minutes, so its own limit says nothing in time when Postgres is frozen
    const { states } = await checkHealth(checks);
    if (states['redis'] !== 'connected') throw streamProblem();
    if (states['database'] !== 'connected') throw storeProblem(new Error(states['database']));
    try {
      response.json(await auditor.audit(asked));
    } catch (error) {
      const ofStream = error instanceof StreamUnavailableError || error instanceof StreamRefusedError;
      throw ofStream ? streamProblem(error) : storeProblem(error);
    }
  };
}

function streamProblem(cause?: unknown): Problem {
  const detail = 'The event stream does not answer, and without it nothing can be said. Ask again later.';
  return new Problem('stream-unavailable', { detail, retryAfterSeconds: 1, cause });
}
