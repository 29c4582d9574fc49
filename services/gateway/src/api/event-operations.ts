import {
  BatchesQuerySchema,
  BatchReceiptSchema,
  EventsQuerySchema,
  PublishRequestSchema,
  PublishResponseSchema,
  StoredEventSchema,
} from '@oncelog/event-schema';
import { Type } from '@sinclair/typebox';
import { EXAMPLES } from './examples.ts';
import { contentEncoding, idempotencyKey, traceparent } from './headers.ts';
import { json, operations } from './operation.ts';
import { OF_BODY, OF_STORE } from './problem-sets.ts';

export const EVENT_OPERATIONS = operations({
  publishEvents: {
    method: 'post',
    path: '/publish',
    tag: 'Events',
    summary: 'Publish a batch of events',
    description:
      'The batch is accepted or refused whole. 202 means that the stream has it on disk, and that it will be applied exactly once; ask `GET /batches` when. A 503 says whether anything of it may have been kept: send it again under the same `Idempotency-Key`, and it counts once.',
    headers: Type.Object({
      'Idempotency-Key': idempotencyKey,
      'Content-Encoding': contentEncoding,
      traceparent,
    }),
    body: { schema: PublishRequestSchema, example: EXAMPLES.publishRequest },
    answers: {
      202: json(PublishResponseSchema, {
        description: 'The events are stored durably and will be applied.',
        example: EXAMPLES.publishResponse,
      }),
    },
    problems: [...OF_BODY, 'invalid-batch', 'invalid-idempotency-key', 'backlog-full', 'stream-unavailable'],
  },
  listEvents: {
    method: 'get',
    path: '/events',
    tag: 'Events',
    summary: 'Stored events, newest first (with since or until: by timestamp)',
    description:
      'A page at a time: where there is another one, the `Link` header leads to it. Numbers are as they were sent, also those that a double cannot hold.',
    query: EventsQuerySchema,
    answers: {
      200: json(Type.Array(StoredEventSchema), {
        description: 'A page of events.',
        headers: ['Link'],
        example: [EXAMPLES.storedEvent],
      }),
    },
    problems: OF_STORE,
  },
  listBatches: {
    method: 'get',
    path: '/batches',
    tag: 'Events',
    summary: 'What became of batches',
    query: BatchesQuerySchema,
    answers: {
      200: json(Type.Array(BatchReceiptSchema), {
        description: 'A receipt for each batch that was applied. One that is missing is not applied yet.',
        example: [EXAMPLES.receipt],
      }),
    },
    problems: OF_STORE,
  },
});
