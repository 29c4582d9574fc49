import type { TSchema } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { describe, expect, it } from 'vitest';
import {
  AuditCheckSchema,
  AuditFiguresSchema,
  AuditQuerySchema,
  AuditSchema,
  BatchesQuerySchema,
  BatchReceiptSchema,
  CloudEventSchema,
  ConsumerStateSchema,
  DeadLetterAddressSchema,
  DeadLetterDeletionCountsSchema,
  DeadLetterDeletionSchema,
  DeadLetterReplayCountsSchema,
  DeadLetterReplayedSchema,
  DeadLetterReplaySchema,
  DeadLetterSchema,
  DeadLetterSummarySchema,
  DeadLettersQuerySchema,
  EventSchema,
  EventsQuerySchema,
  HealthSchema,
  KeptLinesSchema,
  LiveAuditSchema,
  LivenessSchema,
  LiveRatesSchema,
  LiveStatsSchema,
  LiveStatusSchema,
  LiveStreamSchema,
  LiveTopicSchema,
  ProblemDetailsSchema,
  PublishLinesResponseSchema,
  PublishRequestSchema,
  PublishResponseSchema,
  ReadinessSchema,
  ServiceDescriptionSchema,
  StatsSchema,
  StoredEventSchema,
  TailDroppedSchema,
  TailQuerySchema,
  TopicStatsSchema,
  ViolationSchema,
} from './index.ts';
import { EVENT } from './testing/samples.ts';

const ID = '0198c5d0-4b7e-7000-8000-0123456789ab';
const NOW = '2026-01-31T12:00:00Z';
const TOPIC = { topic: 'a', received: 5, unique_processed: 3, duplicate_dropped: 2 };
const COUNTS = { received: 5, unique_processed: 3, duplicate_dropped: 2, dead_lettered: 0 };

const LETTER = {
  id: '7',
  batch_id: ID,
  entry_id: '1-0',
  position: null,
  events: 1,
  code: 'foreign',
  reason: 'not ours',
  original_bytes: 2,
  created_at: NOW,
  replayed_at: null,
  replay_batch_id: null,
};

const CHECK = { name: 'a = b', holds: false, left: 1, right: 2, detail: 'They differ.' };
const FIGURES = {
  accepted: 5,
  received: 5,
  unique_processed: 3,
  duplicate_dropped: 2,
  dead_lettered: 0,
  in_flight: 0,
  rows_stored: 3,
  retired: 0,
  ledger_batches: 1,
  pruned_batches: 0,
  rows_counted: 4,
};

const CONSUMER = {
  name: 'consumer-1',
  shard: 0,
  state: 'idle',
  pending_entries: 0,
  idle_seconds: 0.4,
  started_at: NOW,
  version: null,
};
const LIVE_STATS = { ...COUNTS, accepted: 5, in_flight: 0 };
const LIVE_RATES = { accepted: 1.5, unique: 1, duplicate: 0.5, dead_letter: 0 };
const LIVE_STREAM = {
  lag_entries: 0,
  pending_entries: 0,
  backlog_events: 0,
  backlog_bytes: 0,
  oldest_unapplied_seconds: null,
  shards: 1,
};
const LIVE_TOPIC = { ...TOPIC, received_per_second: 2.5 };
const LIVE_AUDIT = { consistent: false, at_rest: true, checked_at: NOW, failed_checks: ['a = b'] };

/** Each schema with an example of nothing but its required properties. */
const EXAMPLES: Record<string, [TSchema, Record<string, unknown>]> = {
  Event: [EventSchema, EVENT],
  PublishRequest: [PublishRequestSchema, { events: [EVENT] }],
  PublishResponse: [
    PublishResponseSchema,
    { status: 'accepted', queued: 1, message: 'Events queued for processing', batch_id: ID },
  ],
  PublishLinesResponse: [
    PublishLinesResponseSchema,
    { status: 'accepted', queued: 1, message: 'Events queued for processing', batches: 1, batch_ids: [ID] },
  ],
  KeptLines: [KeptLinesSchema, { queued: 0, lines: 0, batches: 0, batch_ids: [] }],
  CloudEvent: [CloudEventSchema, { specversion: '1.0', id: '1', source: '/shop', type: 'order.created' }],
  StoredEvent: [StoredEventSchema, { ...EVENT, processed_at: NOW }],
  BatchReceipt: [BatchReceiptSchema, { batch_id: ID, ...COUNTS, applied_at: NOW }],
  TopicStats: [TopicStatsSchema, TOPIC],
  Stats: [
    StatsSchema,
    {
      ...COUNTS,
      topics: ['a'],
      uptime_seconds: 1.5,
      status: 'running',
      accepted: 5,
      in_flight: 0,
      by_topic: [TOPIC],
    },
  ],
  DeadLetterAddress: [DeadLetterAddressSchema, { id: '7' }],
  DeadLetter: [DeadLetterSchema, LETTER],
  DeadLetterSummary: [DeadLetterSummarySchema, { ...LETTER, original_preview: '{}' }],
  DeadLetterReplayed: [
    DeadLetterReplayedSchema,
    { status: 'accepted', id: '7', replay_batch_id: ID, replayed_at: NOW },
  ],
  DeadLetterReplayCounts: [DeadLetterReplayCountsSchema, { replayed: 1, refused: 0, remaining: 0 }],
  DeadLetterDeletionCounts: [DeadLetterDeletionCountsSchema, { deleted: 1, remaining: 0 }],
  DeadLettersQuery: [DeadLettersQuerySchema, { limit: 100 }],
  DeadLetterDeletion: [DeadLetterDeletionSchema, { limit: 100 }],
  DeadLetterReplay: [DeadLetterReplaySchema, { limit: 100 }],
  Health: [
    HealthSchema,
    { status: 'unhealthy', database: 'error: connection refused', redis: 'connected', timestamp: NOW },
  ],
  Readiness: [ReadinessSchema, { status: 'healthy', redis: 'connected', timestamp: NOW }],
  Liveness: [LivenessSchema, { status: 'alive' }],
  ServiceDescription: [
    ServiceDescriptionSchema,
    {
      service: 'oncelog',
      version: '0.1.0',
      description: 'A log aggregator',
      dashboard: '/dashboard',
      documentation: '/docs',
      openapi: '/openapi.json',
      endpoints: { 'GET /stats': 'Exact figures' },
    },
  ],
  Violation: [ViolationSchema, { pointer: '/events', rule: 'required', detail: 'It is required.' }],
  ProblemDetails: [
    ProblemDetailsSchema,
    { type: 'about:blank', title: 'Invalid', status: 422, detail: 'No.', request_id: '1', code: 'invalid' },
  ],
  EventsQuery: [EventsQuerySchema, { topic: [], limit: 100 }],
  TailQuery: [TailQuerySchema, { topic: [] }],
  TailDropped: [TailDroppedSchema, { events: null, reason: 'rate' }],
  BatchesQuery: [BatchesQuerySchema, { batch_id: [ID] }],
  AuditCheck: [AuditCheckSchema, CHECK],
  AuditFigures: [AuditFiguresSchema, FIGURES],
  Audit: [
    AuditSchema,
    {
      consistent: false,
      at_rest: true,
      full: false,
      checked_at: NOW,
      duration_ms: 4.5,
      checks: [CHECK],
      figures: FIGURES,
    },
  ],
  AuditQuery: [AuditQuerySchema, { full: true }],
  ConsumerState: [ConsumerStateSchema, CONSUMER],
  LiveStats: [LiveStatsSchema, LIVE_STATS],
  LiveRates: [LiveRatesSchema, LIVE_RATES],
  LiveStream: [LiveStreamSchema, LIVE_STREAM],
  LiveTopic: [LiveTopicSchema, LIVE_TOPIC],
  LiveAudit: [LiveAuditSchema, LIVE_AUDIT],
  LiveStatus: [
    LiveStatusSchema,
    {
      at: NOW,
      version: '0.1.0',
      health: { database: 'connected', redis: 'error: timed out' },
      stats: LIVE_STATS,
      rates: null,
      stream: LIVE_STREAM,
      consumers: [CONSUMER],
      topics: [LIVE_TOPIC],
      topics_total: 1,
      dead_letters_open: 0,
      audit: null,
    },
  ],
};

describe.each(Object.entries(EXAMPLES))('%s', (_, [schema, example]) => {
  it('accepts its example, and not without one of its properties', () => {
    const compiled = TypeCompiler.Compile(schema);
    expect(compiled.Check(example)).toBe(true);
    for (const key of Object.keys(example)) {
      expect(compiled.Check({ ...example, [key]: undefined })).toBe(false);
    }
  });

  it('describes every property', () => {
    for (const property of Object.values(schema['properties'] as Record<string, TSchema>)) {
      expect(property.description ?? property['const']).toBeTypeOf('string');
    }
  });
});

it('the strings read as plain JSON Schema', () => {
  expect(JSON.parse(JSON.stringify(StoredEventSchema))).toMatchObject({
    type: 'object',
    required: ['topic', 'event_id', 'timestamp', 'source', 'payload', 'processed_at'],
    properties: {
      topic: { type: 'string', minLength: 1, maxLength: 255 },
      timestamp: { type: 'string', format: 'date-time' },
      payload: { type: 'object', additionalProperties: true },
    },
  });
  expect(JSON.parse(JSON.stringify(PublishResponseSchema.properties.batch_id))).toMatchObject({
    type: 'string',
    format: 'uuid',
  });
});
