import type { PublishResponse } from '@oncelog/event-schema';
import type { Batch } from '@oncelog/event-stream';
import type { FailPoint } from '@oncelog/service-kit';
import type { Request, Response } from 'express';
import { type AppendDeps, appendBatch } from './append.ts';
import { clientOf } from './auth/principal.ts';
import { batchIdOf, idempotencyKeyOf } from './batch-id.ts';
import { createGatherer, type GatheredRequest, type GatherLimits, isSmall } from './gather.ts';
import type { GatewayMetrics } from './metrics.ts';
import { traceparentOf } from './request-trace.ts';

export interface AcceptDeps extends AppendDeps {
  readonly metrics: GatewayMetrics;
  readonly failPoint: FailPoint;
  /** A fresh UUID of version 7, for requests without an Idempotency-Key. */
  readonly newBatchId: () => string;
}

interface AcceptedBatch {
  /** `{"events":[…]}`, valid. */
  readonly body: Buffer;
  readonly events: number;
  /** What the client sent, where `body` was made of it and could be made differently the next time. */
  readonly sent?: () => Buffer;
}

/** Appends the batch of a request and answers 202, only after the stream has confirmed it. */
export type AcceptBatch = (request: Request, response: Response, batch: AcceptedBatch) => Promise<void>;

export function createAcceptBatch(deps: AcceptDeps, limits: GatherLimits): AcceptBatch {
  const { newBatchId } = deps;
  const append = (batch: Batch): Promise<void> => appendBatch(deps, batch);
  const gather = createGatherer({ append, newBatchId, sizes: deps.metrics.gatheredRequests }, limits);

  /** @returns the ID of the batch that the request is, or became part of */
  const keep = async (kept: GatheredRequest, ownId: string | undefined): Promise<string> => {
    const { body, events, traceparent } = kept;
    if (ownId === undefined && isSmall(body)) return gather(kept);
    const batchId = ownId ?? newBatchId();
    const traceparents = traceparent === undefined ? undefined : [traceparent];
    await append({ batchId, events, body, traceparents });
    return batchId;
  };

  return async (request, response, { body, events, sent }) => {
    const key = idempotencyKeyOf(request);
    const client = clientOf(response);
    const ownId = key === undefined ? undefined : batchIdOf({ client, key, body: sent?.() ?? body });
    const batchId = await keep({ body, events, traceparent: traceparentOf(response) }, ownId);
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
