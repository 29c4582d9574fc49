import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { MAX_COUNTED_OPEN_LETTERS, MAX_LIVE_TOPICS } from './limits.ts';
import { HealthSchema, StatsSchema, TopicStatsSchema } from './responses.ts';
import { TimestampType } from './string-types.ts';

function Count(description: string) {
  return Type.Integer({ minimum: 0, description });
}

function Rate(description: string) {
  return Type.Number({ minimum: 0, description });
}

/** Null where it cannot be read now. */
function Unless<T extends TSchema>(schema: T, description: string) {
  return Type.Union([schema, Type.Null()], { description });
}

/** One element of the answer to `GET /consumers`, and of `consumers` in a status. */
export const ConsumerStateSchema = Type.Object(
  {
    name: Type.String({ description: 'Its name in the consumer group.' }),
    shard: Count('The stream that it reads. A consumer is a member of the group of every shard.'),
    state: Type.Union([Type.Literal('active'), Type.Literal('idle'), Type.Literal('silent')], {
      description:
        'Silent: not heard of for 10 s; a living one is heard of every 2 s. Active: it has entries in hand, or has applied some within the last 5 s. Idle: it waits for events.',
    }),
    pending_entries: Count('Entries that it has read and not acknowledged yet.'),
    idle_seconds: Type.Number({ minimum: 0, description: 'Seconds since it was last heard of.' }),
    started_at: Unless(
      TimestampType('A time.'),
      'When its process started, by its own clock; null where it has not said so.',
    ),
    version: Unless(
      Type.String({ description: 'A version.' }),
      'The version of the consumer; null where it has not said so.',
    ),
  },
  { description: 'A member of the consumer group, on one shard.' },
);
export type ConsumerState = Static<typeof ConsumerStateSchema>;

/** Counters of a status, as `GET /stats` has them. */
export const LiveStatsSchema = Type.Pick(
  StatsSchema,
  ['accepted', 'received', 'unique_processed', 'duplicate_dropped', 'dead_lettered', 'in_flight'],
  { description: 'Exact figures since the store was created, as in GET /stats.' },
);
export type LiveStats = Static<typeof LiveStatsSchema>;

/** How fast the counters grow. */
export const LiveRatesSchema = Type.Object(
  {
    accepted: Rate('Events accepted per second.'),
    unique: Rate('Events stored per second.'),
    duplicate: Rate('Duplicates dropped per second.'),
    dead_letter: Rate('Events dead-lettered per second.'),
  },
  { description: 'Events per second since the figures before.' },
);
export type LiveRates = Static<typeof LiveRatesSchema>;

/** What waits in the streams. */
export const LiveStreamSchema = Type.Object(
  {
    lag_entries: Count('Entries that no consumer has read yet.'),
    pending_entries: Count('Entries that a consumer has read and not acknowledged yet.'),
    backlog_events: Count('Events that are not acknowledged yet.'),
    backlog_bytes: Count('The same in bytes.'),
    oldest_unapplied_seconds: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      description: 'How long the oldest entry that is not acknowledged has waited; null where nothing waits.',
    }),
    shards: Type.Integer({ minimum: 1, description: 'How many streams there are.' }),
  },
  { description: 'What waits in the streams, over all shards.' },
);
export type LiveStream = Static<typeof LiveStreamSchema>;

/** A topic of a status. */
export const LiveTopicSchema = Type.Object(
  { ...TopicStatsSchema.properties, received_per_second: Rate('Events applied per second.') },
  { description: 'The figures of one topic, and how fast they grow.' },
);
export type LiveTopic = Static<typeof LiveTopicSchema>;

/** The last audit in short. */
export const LiveAuditSchema = Type.Object(
  {
    consistent: Type.Boolean({ description: 'Whether every check holds.' }),
    at_rest: Type.Boolean({ description: 'Whether nothing was in flight.' }),
    checked_at: TimestampType('When the audit began.'),
    failed_checks: Type.Array(Type.String(), { description: 'Names of the checks that do not hold.' }),
  },
  { description: 'The last audit that this gateway made.' },
);
export type LiveAudit = Static<typeof LiveAuditSchema>;

/** The data of a `status` message of `GET /live`. A part that cannot be read now is null; the others go on. */
export const LiveStatusSchema = Type.Object(
  {
    at: TimestampType('When it was put together.'),
    version: Type.String({ description: 'The version of this gateway.' }),
    health: Type.Pick(HealthSchema, ['database', 'redis'], {
      description: 'Postgres and Redis, as in GET /health.',
    }),
    stats: Unless(LiveStatsSchema, 'The counters; null while Redis or Postgres cannot be read.'),
    rates: Unless(
      LiveRatesSchema,
      'How fast they grow; null in the first message, and in the first after the counters could not be read.',
    ),
    stream: Unless(LiveStreamSchema, 'What waits; null while Redis cannot be read.'),
    consumers: Unless(
      Type.Array(ConsumerStateSchema),
      'The members of the consumer group, by name; null while Redis cannot be read.',
    ),
    topics: Unless(
      Type.Array(LiveTopicSchema, { maxItems: MAX_LIVE_TOPICS }),
      'The busiest topics now, then the largest; null while Postgres cannot be read.',
    ),
    topics_total: Unless(Count('A number.'), 'How many topics there are.'),
    dead_letters_open: Unless(
      Type.Integer({ minimum: 0, maximum: MAX_COUNTED_OPEN_LETTERS }),
      `Dead letters that were not replayed or deleted. The count ends at ${MAX_COUNTED_OPEN_LETTERS}.`,
    ),
    audit: Unless(LiveAuditSchema, 'The last audit that this gateway made; null before the first.'),
  },
  { description: 'What flows, what waits, and who works on it: one look at the whole system.' },
);
export type LiveStatus = Static<typeof LiveStatusSchema>;
