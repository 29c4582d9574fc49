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
export {
  type DeadLetter,
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
  type PublishRequest,
  PublishRequestSchema,
  type PublishResponse,
  PublishResponseSchema,
  type StoredEvent,
  StoredEventSchema,
} from './event.ts';
export {
  DEFAULT_EVENTS_LIMIT,
  MAX_BODY_BYTES,
  MAX_CURSOR_CHARACTERS,
  MAX_EVENTS_LIMIT,
  MAX_EVENTS_PER_BATCH,
  MAX_NAME_CHARACTERS,
  MAX_PAYLOAD_DEPTH,
  MAX_RECEIPT_IDS,
  MAX_TOPICS_PER_QUERY,
  MAX_VIOLATIONS,
} from './limits.ts';
export { parseAuditQuery } from './parse-audit-query.ts';
export {
  type ParsedDeadLetterReplay,
  parseDeadLetterDeletion,
  parseDeadLetterReplay,
  parseDeadLettersQuery,
} from './parse-dead-letters.ts';
export { type ParsedPublishRequest, parsePublishRequest } from './parse-publish-request.ts';
export { type ParsedQuery, parseBatchesQuery, parseEventsQuery } from './parse-queries.ts';
export { type ProblemDetails, ProblemDetailsSchema, type Violation, ViolationSchema } from './problem.ts';
export { type BatchesQuery, BatchesQuerySchema, type EventsQuery, EventsQuerySchema } from './queries.ts';
export type { RawQuery } from './query-parameters.ts';
export {
  type BatchReceipt,
  BatchReceiptSchema,
  type Health,
  HealthSchema,
  type Stats,
  StatsSchema,
  type TopicStats,
  TopicStatsSchema,
} from './responses.ts';
export { isTimestamp } from './timestamp.ts';
