import { type Static, Type } from '@sinclair/typebox';
import { NameType, TimestampType, UuidType } from './string-types.ts';

function Count(description: string) {
  return Type.Integer({ minimum: 0, description });
}

const received = Count('Events applied: unique_processed + duplicate_dropped.');
const unique_processed = Count('Events stored.');
const duplicate_dropped = Count('Events whose (topic, event_id) was stored already.');
const dead_lettered = Count('Events that can never be stored, kept as dead letters with the reason.');

/** One element of the answer to `GET /batches`: what became of a batch. */
export const BatchReceiptSchema = Type.Object(
  {
    batch_id: UuidType(
      'The batch_id that POST /publish answered. The figures are those of the whole batch, which may hold several small requests that came without an Idempotency-Key.',
    ),
    received,
    unique_processed,
    duplicate_dropped,
    dead_lettered,
    applied_at: TimestampType('When the batch was applied.'),
  },
  { description: 'The outcome of one applied batch.' },
);
export type BatchReceipt = Static<typeof BatchReceiptSchema>;

/** The figures of one topic. */
export const TopicStatsSchema = Type.Object(
  {
    topic: NameType('The topic.'),
    received,
    unique_processed,
    duplicate_dropped,
  },
  { description: 'The figures of one topic.' },
);
export type TopicStats = Static<typeof TopicStatsSchema>;

/** The answer to `GET /stats`. At rest `accepted = received + dead_lettered + in_flight`. */
export const StatsSchema = Type.Object(
  {
    received,
    unique_processed,
    duplicate_dropped,
    topics: Type.Array(Type.String(), { description: 'Every topic with an event, sorted.' }),
    uptime_seconds: Type.Number({ minimum: 0, description: 'Seconds since this gateway started.' }),
    status: Type.Literal('running'),
    accepted: Count('Events answered with 202.'),
    dead_lettered,
    in_flight: Count('Events accepted and not applied yet.'),
    by_topic: Type.Array(TopicStatsSchema, {
      description: 'The figures of each topic, in the order of topics.',
    }),
  },
  { description: 'Exact figures since the store was created.' },
);
export type Stats = Static<typeof StatsSchema>;

const dependency = { description: '"connected", or "error: " and the reason.' };

/** The answer to `GET /health`: 200 when healthy, 503 when not. */
export const HealthSchema = Type.Object(
  {
    status: Type.Union([Type.Literal('healthy'), Type.Literal('unhealthy')], {
      description: 'Healthy if everything is connected.',
    }),
    database: Type.String(dependency),
    redis: Type.String(dependency),
    timestamp: TimestampType('When the check was made.'),
  },
  { description: "The gateway's view of what it depends on." },
);
export type Health = Static<typeof HealthSchema>;

/** The answer to `GET /health/ready`: 200 when it can take events, 503 when not. Publishing needs Redis alone. */
export const ReadinessSchema = Type.Omit(HealthSchema, ['database'], {
  description: 'Whether the gateway can take events.',
});
export type Readiness = Static<typeof ReadinessSchema>;

/** The answer to `GET /health/live`: there is one. */
export const LivenessSchema = Type.Object(
  { status: Type.Literal('alive', { description: 'The process answers.' }) },
  { description: 'The process answers.' },
);
export type Liveness = Static<typeof LivenessSchema>;

/** The answer to `GET /`. */
export const ServiceDescriptionSchema = Type.Object(
  {
    service: Type.Literal('oncelog'),
    version: Type.String({ description: 'The version of this gateway.' }),
    description: Type.String({ description: 'What it is.' }),
    dashboard: Type.String({ description: 'Where the page is that shows what flows.' }),
    documentation: Type.String({ description: 'Where the page is that describes the API.' }),
    openapi: Type.String({ description: 'Where the description of the API for programs is.' }),
    endpoints: Type.Record(Type.String(), Type.String(), {
      description: 'What there is: method and path, and what it is for.',
    }),
  },
  { description: 'What this service is and where its endpoints are.' },
);
export type ServiceDescription = Static<typeof ServiceDescriptionSchema>;
