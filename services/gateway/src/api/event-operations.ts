import {
  BatchesQuerySchema,
  BatchReceiptSchema,
  CloudEventSchema,
  EventsQuerySchema,
  PublishLinesResponseSchema,
  PublishRequestSchema,
  PublishResponseSchema,
  StoredEventSchema,
} from '@oncelog/event-schema';
import { Type } from '@sinclair/typebox';
import { OWN_BATCHES, PUBLISH, READ_TOPICS } from '../auth/access.ts';
import { EXAMPLES } from './examples.ts';
import { cloudEventHeaders, contentEncoding, idempotencyKey, traceparent } from './headers.ts';
import { json, operations } from './operation.ts';
import { OF_BODY, OF_STORE } from './problem-sets.ts';

const LinesSchema = Type.String({
  description:
    'An event on each line, as in the `events` of a batch. Lines end with LF or CRLF; empty ones are skipped; the last one need not end.',
});

export const EVENT_OPERATIONS = operations({
  publishEvents: {
    method: 'post',
    path: '/publish',
    tag: 'Events',
    access: PUBLISH,
    summary: 'Publish a batch of events',
    description: `A batch of JSON, or of CloudEvents, is accepted or refused whole. 202 means that the stream has it on disk, and that it will be applied exactly once; ask \`GET /batches\` when. A 503 says whether anything of it may have been kept: send it again under the same \`Idempotency-Key\`, and it counts once.

Lines (\`application/x-ndjson\`) may be of any number. They are made into batches, and each is kept when it is complete. Where a line is at fault, or something else goes wrong, the problem says in \`kept\` what was kept before: whole batches, so that everything behind line \`kept.lines\` can be sent again, or the whole body under the same \`Idempotency-Key\`.

A CloudEvent may come in each mode of its HTTP binding; in binary mode its attributes are \`ce-\` headers, and the body is its data.`,
    headers: Type.Object({
      'Idempotency-Key': idempotencyKey,
      'Content-Encoding': contentEncoding,
      traceparent,
      ...cloudEventHeaders,
    }),
    body: { schema: PublishRequestSchema, example: EXAMPLES.publishRequest },
    otherBodies: {
      'application/x-ndjson': { schema: LinesSchema, example: EXAMPLES.lines },
      'application/cloudevents+json': { schema: CloudEventSchema, example: EXAMPLES.cloudEvent },
      'application/cloudevents-batch+json': {
        schema: Type.Array(CloudEventSchema, { description: 'A batch of CloudEvents. It may be empty.' }),
        example: [EXAMPLES.cloudEvent],
      },
      '*/*': {
        schema: Type.Unknown({ description: 'The data of a CloudEvent in binary mode.' }),
        example: { total: 12.5 },
      },
    },
    answers: {
      202: json(Type.Union([PublishResponseSchema, PublishLinesResponseSchema]), {
        description:
          'The events are stored durably and will be applied. Of lines the answer is the second one.',
        example: EXAMPLES.publishResponse,
      }),
      204: { description: 'The batch of CloudEvents was empty: there is nothing to keep.' },
    },
    problems: [
      ...OF_BODY,
      'request-timeout',
      'invalid-batch',
      'invalid-cloudevent',
      'invalid-idempotency-key',
      'backlog-full',
      'stream-unavailable',
      'stopping',
    ],
  },
  listEvents: {
    method: 'get',
    path: '/events',
    tag: 'Events',
    access: READ_TOPICS,
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
    access: OWN_BATCHES,
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
