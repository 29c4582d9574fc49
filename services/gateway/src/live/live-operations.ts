import { ConsumerStateSchema, type LiveStatus, LiveStatusSchema } from '@oncelog/event-schema';
import { Type } from '@sinclair/typebox';
import { EXAMPLES } from '../api/examples.ts';
import { json, operations } from '../api/operation.ts';
import { READ } from '../auth/access.ts';
import { VERSION } from '../version.ts';

const consumer = {
  name: 'consumer-1',
  shard: 0,
  state: 'active',
  pending_entries: 0,
  idle_seconds: 0.4,
  started_at: '2026-01-31T11:59:42.000Z',
  version: VERSION,
} as const;

const { topics: _, by_topic: __, uptime_seconds: ___, status: ____, ...counters } = EXAMPLES.stats;

const status: LiveStatus = {
  at: '2026-01-31T12:00:01.000Z',
  version: VERSION,
  health: { database: 'connected', redis: 'connected' },
  stats: counters,
  rates: { accepted: 2, unique: 1, duplicate: 1, dead_letter: 0 },
  stream: {
    lag_entries: 0,
    pending_entries: 0,
    backlog_events: 0,
    backlog_bytes: 0,
    oldest_unapplied_seconds: null,
    shards: 1,
  },
  consumers: [consumer],
  topics: EXAMPLES.stats.by_topic.map((topic) => ({ ...topic, received_per_second: 2 })),
  topics_total: 1,
  dead_letters_open: 0,
  audit: { consistent: true, at_rest: true, checked_at: '2026-01-31T11:59:45.000Z', failed_checks: [] },
};

export const LIVE_OPERATIONS = operations({
  followStatus: {
    method: 'get',
    path: '/live',
    tag: 'Figures',
    access: READ,
    summary: 'The state of the whole system, once a second, as server-sent events',
    description:
      'A `status` message at once, and then one a second. All clients of a gateway get the same. One that does not keep up is not told what it has missed: it gets the newest.',
    query: Type.Object({}),
    answers: {
      200: {
        description: 'A stream of messages that does not end.',
        content: {
          'text/event-stream': {
            schema: Type.String(),
            events: { status: LiveStatusSchema },
            example: `event: status\ndata: ${JSON.stringify(status)}\n\n`,
          },
        },
      },
    },
    problems: ['overloaded'],
  },
  listConsumers: {
    method: 'get',
    path: '/consumers',
    tag: 'Figures',
    access: READ,
    summary: 'Who works: the members of the consumer group, by name',
    query: Type.Object({}),
    answers: {
      200: json(Type.Array(ConsumerStateSchema), {
        description: 'A consumer is a member of the group of every shard.',
        example: [consumer],
      }),
    },
    problems: ['stream-unavailable'],
  },
});
