import { type Static, Type } from '@sinclair/typebox';
import { MAX_ANSWERED_BATCH_IDS, MAX_EVENTS_PER_BATCH, MAX_PAYLOAD_DEPTH } from './limits.ts';
import { NameType, TimestampType, UuidType } from './string-types.ts';

const PayloadType = Type.Unsafe<Record<string, unknown>>(
  Type.Object(
    {},
    {
      additionalProperties: true,
      description: `Any JSON object, nested at most ${MAX_PAYLOAD_DEPTH} levels deep, itself included. Stored as jsonb.`,
    },
  ),
);

/** What a producer sends. Properties that are not named here are allowed and ignored. */
export const EventSchema = Type.Object(
  {
    topic: NameType('Where the event belongs. Events are deduplicated by (topic, event_id).'),
    event_id: NameType("The producer's own id for the event, unique within its topic."),
    timestamp: TimestampType('When the event happened: RFC 3339 with an offset. Stored with microseconds.'),
    source: NameType('Who produced the event.'),
    payload: PayloadType,
  },
  { additionalProperties: true, description: 'One event.' },
);
export type Event = Static<typeof EventSchema>;

/** The body of `POST /publish`. It is accepted or refused whole. Unnamed properties are allowed and ignored. */
export const PublishRequestSchema = Type.Object(
  {
    events: Type.Array(EventSchema, {
      minItems: 1,
      maxItems: MAX_EVENTS_PER_BATCH,
      description: 'The events of the batch. Duplicates are allowed and dropped.',
    }),
  },
  { additionalProperties: true, description: 'A batch of events.' },
);
export type PublishRequest = Static<typeof PublishRequestSchema>;

/** The answer to `POST /publish`: Redis has the request, in a batch of its own or with others. */
export const PublishResponseSchema = Type.Object(
  {
    status: Type.Literal('accepted'),
    queued: Type.Integer({
      minimum: 1,
      description: 'Number of events in the request, duplicates included.',
    }),
    message: Type.Literal('Events queued for processing'),
    batch_id: UuidType(
      'Ask GET /batches for its receipt. Small requests without an Idempotency-Key may have been gathered into one batch: they have the same batch_id, and the receipt counts the events of all of them.',
    ),
  },
  { description: 'The request is stored durably and will be applied exactly once.' },
);
export type PublishResponse = Static<typeof PublishResponseSchema>;

const batches = Type.Integer({ minimum: 0, description: 'Number of batches that were made of the lines.' });
const batch_ids = Type.Array(UuidType('Ask GET /batches for its receipt.'), {
  maxItems: MAX_ANSWERED_BATCH_IDS,
  description: `The IDs of these batches, in the order of the lines; of more than ${MAX_ANSWERED_BATCH_IDS} the last ones.`,
});

/** The answer to `POST /publish` with a body of lines (NDJSON): Redis has all of them. */
export const PublishLinesResponseSchema = Type.Object(
  {
    status: Type.Literal('accepted'),
    queued: Type.Integer({ minimum: 1, description: 'Number of events in the body, duplicates included.' }),
    message: Type.Literal('Events queued for processing'),
    batches,
    batch_ids,
  },
  { description: 'All lines are stored durably and will be applied exactly once.' },
);
export type PublishLinesResponse = Static<typeof PublishLinesResponseSchema>;

/** What was kept of a body of lines that was not taken to its end. */
export const KeptLinesSchema = Type.Object(
  {
    queued: Type.Integer({ minimum: 0, description: 'Number of events that were kept.' }),
    lines: Type.Integer({
      minimum: 0,
      description:
        'Everything up to this line was kept, and nothing that is known of behind it. The first line is 1.',
    }),
    batches,
    batch_ids,
  },
  {
    description:
      'The batches that were complete before: they are stored durably and will be applied exactly once.',
  },
);
export type KeptLines = Static<typeof KeptLinesSchema>;

/** One element of the answer to `GET /events`. */
export const StoredEventSchema = Type.Object(
  {
    ...EventSchema.properties,
    processed_at: TimestampType('When the event was stored.'),
  },
  { description: 'One stored event.' },
);
export type StoredEvent = Static<typeof StoredEventSchema>;
