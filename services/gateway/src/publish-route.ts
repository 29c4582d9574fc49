import { MAX_VIOLATIONS, type PublishRequest, parsePublishRequest } from '@oncelog/event-schema';
import type { RequestHandler } from 'express';
import type { AcceptBatch } from './accept-batch.ts';
import { type MayPublishTo, outsideLimit, topicLimitOf } from './auth/principal.ts';
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
    const { events } = validRequest(body, maxEventsPerBatch);
    const mayPublishTo = topicLimitOf(response);
    if (mayPublishTo !== undefined) refuseOtherTopics(events, mayPublishTo);
    return accept(request, response, { body, events: events.length });
  };
}

/** @throws {Problem} 400 or 422: a batch is accepted or refused whole */
function validRequest(body: Buffer, maxEvents: number): PublishRequest {
  const parsed = parsePublishRequest(body, { maxEvents });
  switch (parsed.outcome) {
    case 'valid':
      return parsed.request;
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

/** @throws {Problem} 403 that points to each event */
function refuseOtherTopics(events: PublishRequest['events'], mayPublishTo: MayPublishTo): void {
  const errors = events.flatMap(({ topic }, at) =>
    mayPublishTo(topic) ? [] : [outsideLimit(`/events/${at}/topic`)],
  );
  if (errors.length === 0) return;
  const detail = 'The batch was refused as a whole: the key is limited to other topics.';
  throw new Problem('forbidden', { detail, errors: errors.slice(0, MAX_VIOLATIONS) });
}
