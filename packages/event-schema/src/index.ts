export {
  type Audit,
  type AuditCheck,
  AuditCheckSchema,
  type AuditFigures,
  AuditFiguresSchema,
  type AuditQuery,
  AuditQuerySchema,
  AuditSchema,
} from './audit.ts';
export { type CloudEvent, CloudEventSchema } from './cloud-event.ts';
export { type BrokenAttribute, brokenAttributes } from './cloud-event-attributes.ts';
export {
  type DeadLetter,
  type DeadLetterAddress,
  DeadLetterAddressSchema,
  type DeadLetterDeletion,
  type DeadLetterDeletionCounts,
  DeadLetterDeletionCountsSchema,
  DeadLetterDeletionSchema,
  type DeadLetterReplay,
  type DeadLetterReplayCounts,
  DeadLetterReplayCountsSchema,
  type DeadLetterReplayed,
  DeadLetterReplayedSchema,
  DeadLetterReplaySchema,
  DeadLetterSchema,
  type DeadLetterSummary,
  DeadLetterSummarySchema,
  type DeadLettersQuery,
  DeadLettersQuerySchema,
} from './dead-letters.ts';
export {
  type Event,
  EventSchema,
  type KeptLines,
  KeptLinesSchema,
  type PublishLinesResponse,
  PublishLinesResponseSchema,
  type PublishRequest,
  PublishRequestSchema,
  type PublishResponse,
  PublishResponseSchema,
  type StoredEvent,
  StoredEventSchema,
} from './event.ts';
export {
  DEFAULT_EVENTS_LIMIT,
  MAX_ANSWERED_BATCH_IDS,
  MAX_BODY_BYTES,
  MAX_CONTAINS_BYTES,
  MAX_COUNTED_OPEN_LETTERS,
  MAX_CURSOR_CHARACTERS,
  MAX_EVENTS_LIMIT,
  MAX_EVENTS_PER_BATCH,
  MAX_LIVE_TOPICS,
  MAX_NAME_CHARACTERS,
  MAX_PAYLOAD_DEPTH,
  MAX_RECEIPT_IDS,
  MAX_TOPICS_PER_QUERY,
  MAX_VIOLATIONS,
  MAX_WRITTEN_OUT_DIGITS,
} from './limits.ts';
export {
  type ConsumerState,
  ConsumerStateSchema,
  type LiveAudit,
  LiveAuditSchema,
  type LiveRates,
  LiveRatesSchema,
  type LiveStats,
  LiveStatsSchema,
  type LiveStatus,
  LiveStatusSchema,
  type LiveStream,
  LiveStreamSchema,
  type LiveTopic,
  LiveTopicSchema,
} from './live.ts';
export { parseAuditQuery } from './parse-audit-query.ts';
export {
  type ParsedCloudEvent,
  type ParsedCloudEvents,
  parseCloudEvent,
  parseCloudEventBatch,
} from './parse-cloud-events.ts';
export {
  type ParsedDeadLetterReplay,
  parseDeadLetterDeletion,
  parseDeadLetterReplay,
  parseDeadLettersQuery,
} from './parse-dead-letters.ts';
export { parseEmptyQuery } from './parse-empty-query.ts';
export { parseEvent } from './parse-event.ts';
export { parseJson } from './parse-json.ts';
export { type ParsedPublishRequest, parsePublishRequest } from './parse-publish-request.ts';
export { type ParsedQuery, parseBatchesQuery, parseEventsQuery, parseTailQuery } from './parse-queries.ts';
export { type ProblemDetails, ProblemDetailsSchema, type Violation, ViolationSchema } from './problem.ts';
export {
  type BatchesQuery,
  BatchesQuerySchema,
  type EventsQuery,
  EventsQuerySchema,
  type TailQuery,
  TailQuerySchema,
} from './queries.ts';
export type { RawQuery } from './query-parameters.ts';
export {
  type BatchReceipt,
  BatchReceiptSchema,
  type Health,
  HealthSchema,
  type Liveness,
  LivenessSchema,
  type Readiness,
  ReadinessSchema,
  type ServiceDescription,
  ServiceDescriptionSchema,
  type Stats,
  StatsSchema,
  type TopicStats,
  TopicStatsSchema,
} from './responses.ts';
export {
  type Scope,
  ScopeSchema,
  type Session,
  SessionSchema,
  type SignIn,
  SignInSchema,
} from './session.ts';
export { type ParsedStoredKeys, parseStoredKeys, type StoredKey } from './stored-keys.ts';
export { type TailDropped, TailDroppedSchema } from './tail.ts';
export { isTimestamp } from './timestamp.ts';
