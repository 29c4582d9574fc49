import { type Static, Type } from '@sinclair/typebox';
import {
  DEFAULT_EVENTS_LIMIT,
  MAX_CONTAINS_BYTES,
  MAX_CURSOR_CHARACTERS,
  MAX_EVENTS_LIMIT,
  MAX_RECEIPT_IDS,
  MAX_TOPICS_PER_QUERY,
} from './limits.ts';
import { NameType, TimestampType, UuidType } from './string-types.ts';

/** A place in a list, opaque to clients. */
export function CursorType(description: string) {
  return Type.String({
    minLength: 1,
    maxLength: MAX_CURSOR_CHARACTERS,
    pattern: '^[A-Za-z0-9_-]+$',
    description,
  });
}

/** A JSON object that payloads are to contain, as `checkContains` takes it. */
function ContainsType() {
  return Type.String({
    minLength: 2,
    maxLength: MAX_CONTAINS_BYTES,
    contentMediaType: 'application/json',
    description:
      `Only events whose payload contains this JSON object, of at most ${MAX_CONTAINS_BYTES} bytes: as the operator @> of ` +
      'Postgres has it. {"user":{"id":7}} is in every payload with that user, whatever else it says; an array contains another one that holds some of its elements.',
  });
}

/** The parameters of `GET /events`, as `parseEventsQuery` returns them. */
export const EventsQuerySchema = Type.Object({
  topic: Type.Array(NameType('A topic.'), {
    maxItems: MAX_TOPICS_PER_QUERY,
    default: [],
    description: 'Only events of these topics. May be repeated; without it, events of any topic.',
  }),
  source: Type.Optional(NameType('Only events of this source.')),
  event_id: Type.Optional(NameType('Only events with this id.')),
  contains: Type.Optional(ContainsType()),
  since: Type.Optional(
    TimestampType(
      'Only events whose timestamp is at or after this one. With a window, the list is in the order of timestamps.',
    ),
  ),
  until: Type.Optional(TimestampType('Only events whose timestamp is before this one.')),
  limit: Type.Integer({
    minimum: 1,
    maximum: MAX_EVENTS_LIMIT,
    default: DEFAULT_EVENTS_LIMIT,
    description: 'Most events to return.',
  }),
  cursor: Type.Optional(CursorType('Where to continue: opaque, from the Link header of the page before.')),
});
export type EventsQuery = Static<typeof EventsQuerySchema>;

/** The parameters of `GET /tail`, as `parseTailQuery` returns them. */
export const TailQuerySchema = Type.Object({
  topic: EventsQuerySchema.properties.topic,
  source: EventsQuerySchema.properties.source,
  contains: EventsQuerySchema.properties.contains,
});
export type TailQuery = Static<typeof TailQuerySchema>;

/** The parameters of `GET /batches`, as `parseBatchesQuery` returns them: ids in lower case. */
export const BatchesQuerySchema = Type.Object({
  batch_id: Type.Array(UuidType('A batch_id that POST /publish answered.'), {
    minItems: 1,
    maxItems: MAX_RECEIPT_IDS,
    description: 'The batches to report on. May be repeated.',
  }),
});
export type BatchesQuery = Static<typeof BatchesQuerySchema>;
