import { parsePublishRequest } from '@oncelog/event-schema';
import type { RequestHandler } from 'express';
import type { AcceptBatch } from './accept-batch.ts';
import { Problem } from './problem.ts';

export interface PublishDeps {
  readonly accept: AcceptBatch;
}

export interface PublishConfig {
  readonly maxEventsPerBatch: number;
}

/** `POST /publish` with JSON: validates a batch and appends its bytes; 202 only after the stream has confirmed them. */
export function publishRoute({ accept }: PublishDeps, { maxEventsPerBatch }: PublishConfig): RequestHandler {
  return (request, response) => {
    const body = request.body as Buffer;
    return accept(request, response, { body, events: eventCount(body, maxEventsPerBatch) });
  };
}

/** @throws {Problem} 400 or 422: a batch is accepted or refused whole */
function eventCount(body: Buffer, maxEvents: number): number {
  const parsed = parsePublishRequest(body, { maxEvents });
  switch (parsed.outcome) {
    case 'valid':
      return parsed.request.events.length;
    case 'malformed':
      throw new Problem('malformed-json', { detail: parsed.detail });
    case 'invalid':
      throw new Problem('invalid-batch', {
        detail: `The batch was refused as a whole: ${broken(parsed.violations.length)}.`,
        errors: parsed.violations,
      });
  }
}

function broken(rules: number): string {
  return rules === 1 ? '1 rule is broken' : `${rules} rules are broken`;
}
