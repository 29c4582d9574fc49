import { MAX_EVENTS_PER_BATCH } from '@oncelog/event-schema';
import { sharedSettings } from '@oncelog/service-kit';
import { type Static, Type } from '@sinclair/typebox';

/** Every setting of the publisher: environment variables, and flags of the same names (`--total-events`). */
export const PublisherSchema = Type.Object({
  targetUrl: Type.String({
    default: 'http://127.0.0.1:8080',
    pattern: '^https?://[^/?#@\\s]+(/.*)?$',
    description: 'Where the gateway is: `http://host:port`.',
  }),
  apiKey: Type.Optional(
    Type.String({
      pattern: '^[!-~]+$',
      form: 'visible ASCII',
      secret: true,
      description:
        'The key to send, with the scopes publish and read, where the gateway asks for one. Others may see flags: use the variable.',
    }),
  ),
  totalEvents: Type.Integer({
    default: 20_000,
    minimum: 0,
    maximum: 100_000_000,
    description: 'How many events to publish, duplicates included.',
  }),
  duplicateRate: Type.Number({
    default: 0.3,
    minimum: 0,
    exclusiveMaximum: 1,
    description:
      'Share of them that repeat another event of the run: exactly `floor(TOTAL_EVENTS × DUPLICATE_RATE)`.',
  }),
  batchSize: Type.Integer({
    default: 100,
    minimum: 1,
    maximum: MAX_EVENTS_PER_BATCH,
    description: 'Events in one request.',
  }),
  delayBetweenBatches: Type.Number({
    default: 0,
    minimum: 0,
    maximum: 3600,
    unit: 'seconds',
    description: 'Least time between the starts of two batches, over all connections.',
  }),
  concurrency: Type.Integer({
    default: 8,
    minimum: 1,
    maximum: 256,
    description: 'Requests in flight at a time.',
  }),
  seed: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 4_294_967_295,
      description: 'Chooses contents and order of the events. Default: random, and printed.',
    }),
  ),
  runId: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9._-]{1,64}$',
      description:
        'Part of every event id and Idempotency-Key. Default: random, so that each run publishes fresh events.',
    }),
  ),
  startTimeMs: Type.Optional(
    Type.Integer({
      minimum: 600_000,
      maximum: 253_402_214_400_000,
      unit: 'milliseconds since 1970',
      description: 'The events happened in the ten minutes before. Default: now.',
    }),
  ),
  settleTimeout: Type.Number({
    default: 120,
    minimum: 0,
    maximum: 86_400,
    unit: 'seconds',
    description: 'How long to wait, without any progress, until all events are accounted for.',
  }),
  metricsPort: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description:
        'Port for health and metrics while it runs; 0 takes any free one, and standard error says which. Default: none.',
    }),
  ),
  host: sharedSettings.host,
  logLevel: sharedSettings.logLevel,
});

export type PublisherConfig = Static<typeof PublisherSchema>;
