import { type PublishResponse, parsePublishRequest } from '@oncelog/event-schema';
import type { Batch } from '@oncelog/event-stream';
import type { FailPoint } from '@oncelog/service-kit';
import type { Request, RequestHandler } from 'express';
import { type AppendDeps, appendBatch } from './append.ts';
import { batchIdOf, isIdempotencyKey } from './batch-id.ts';
import { createGatherer, type GatheredRequest, type GatherLimits, isSmall } from './gather.ts';
import type { GatewayMetrics } from './metrics.ts';
import { Problem } from './problem.ts';
import { traceparentOf } from './request-trace.ts';

export interface PublishDeps extends AppendDeps {
  readonly metrics: GatewayMetrics;
  readonly failPoint: FailPoint;
  /** A fresh UUID of version 7, for requests without an Idempotency-Key. */
  readonly newBatchId: () => string;
}

/** Without authentication all clients are one. */
const CLIENT = 'anonymous';

/** `POST /publish`: validates a batch and appends its bytes; 202 only after the stream has confirmed them. */
export function publishRoute(deps: PublishDeps, limits: GatherLimits): RequestHandler {
  const { newBatchId } = deps;
  const append = (batch: Batch): Promise<void> => appendBatch(deps, batch);
  const gather = createGatherer({ append, newBatchId, sizes: deps.metrics.gatheredRequests }, limits);

  /** @returns the ID of the batch that the request is, or became part of */
  const keep = async (request: Request, kept: GatheredRequest): Promise<string> => {
    const { body, events, traceparent } = kept;
    const ownId = batchIdFor(request, body);
    if (ownId === undefined && isSmall(body)) return gather(kept);
    const batchId = ownId ?? newBatchId();
    const traceparents = traceparent === undefined ? undefined : [traceparent];
    await append({ batchId, events, body, traceparents });
    return batchId;
  };

  return async (request, response) => {
    const body = request.body as Buffer;
    const events = eventCount(body, limits.maxEventsPerBatch);
    const batchId = await keep(request, { body, events, traceparent: traceparentOf(response) });
    await deps.failPoint('after-append');
    deps.metrics.acceptedEvents.inc(events);
    deps.metrics.requestEvents.observe(events);
    deps.metrics.requestBodyBytes.observe(body.length);
    const answer: PublishResponse = {
      status: 'accepted',
      queued: events,
      message: 'Events queued for processing',
      batch_id: batchId,
    };
    response.status(202).json(answer);
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

function batchIdFor(request: Request, body: Buffer): string | undefined {
  const key = request.get('Idempotency-Key');
  if (key === undefined) return undefined;
  if (!isIdempotencyKey(key)) {
    const detail = 'Idempotency-Key must be 1 to 255 visible ASCII characters.';
    const violation = { pointer: '/headers/idempotency-key', rule: 'pattern', detail };
    throw new Problem('invalid-idempotency-key', { detail, errors: [violation] });
  }
  return batchIdOf({ client: CLIENT, key, body });
}
