import { StoredEventSchema, TailDroppedSchema, TailQuerySchema } from '@oncelog/event-schema';
import { Type } from '@sinclair/typebox';
import { EXAMPLES } from '../api/examples.ts';
import { operations } from '../api/operation.ts';
import { OF_STORE } from '../api/problem-sets.ts';
import { READ_TOPICS } from '../auth/access.ts';

const ID = '0c8d21f4.2f3a';

const lastEventId = Type.Optional(
  Type.String({
    description:
      'The `id` of the last message that was received: the stream goes on behind it. Browsers send it by themselves when they reconnect.',
  }),
);

const example = [
  `id: ${ID}`,
  `id: 0c8d21f4.2f3b\ndata: ${JSON.stringify(EXAMPLES.storedEvent)}`,
  'event: dropped\nid: 0c8d21f4.2f97\ndata: {"events":4711,"reason":"rate"}',
  '',
].join('\n\n');

export const TAIL_OPERATIONS = operations({
  followEvents: {
    method: 'get',
    path: '/tail',
    tag: 'Events',
    access: READ_TOPICS,
    summary: 'Newly stored events as server-sent events; resumes at Last-Event-ID',
    description:
      'A message for each unique event, in the order of the commits, within a second of its commit; its data is an element of the answer to `GET /events`. `dropped` says where events were left out. A message with an `id` alone only moves the place on.',
    query: TailQuerySchema,
    headers: Type.Object({ 'Last-Event-ID': lastEventId }),
    answers: {
      200: {
        description: 'A stream of messages that does not end.',
        content: {
          'text/event-stream': {
            schema: Type.String(),
            events: { message: StoredEventSchema, dropped: TailDroppedSchema },
            example,
          },
        },
      },
    },
    problems: ['invalid-last-event-id', ...OF_STORE, 'overloaded'],
  },
});
