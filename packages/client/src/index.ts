export type {
  Audit,
  AuditCheck,
  AuditFigures,
  BatchReceipt,
  ConsumerState,
  DeadLetter,
  DeadLetterDeletionCounts,
  DeadLetterReplayCounts,
  DeadLetterReplayed,
  DeadLetterSummary,
  Event,
  Health,
  LiveStatus,
  ProblemDetails,
  Stats,
  StoredEvent,
  TailDropped,
  TopicStats,
  Violation,
} from './api-types.ts';
export type { Closed, CloseOptions } from './batcher.ts';
export type { Published } from './call.ts';
export {
  type Buffered,
  type Client,
  type ClientOptions,
  createClient,
  type PublishOptions,
} from './client.ts';
export type {
  DeadLetterDeletionQuery,
  DeadLetterFilter,
  DeadLetterReplayQuery,
  DeadLetterSelection,
  DeadLettersQuery,
} from './dead-letters.ts';
export {
  BufferFullError,
  ClientClosedError,
  DeliveryError,
  EventTooLargeError,
  InvalidEventError,
  type Kept,
  PublishRejectedError,
  type RefusalOutcome,
  RequestRejectedError,
  RetriesExhaustedError,
  UnusableAnswerError,
} from './errors.ts';
export type { DefaultName, EventInput } from './event-input.ts';
export type { EventFilter, EventsQuery } from './events.ts';
export type { FollowOptions } from './follow.ts';
export type { PublishBatchOptions, PublishedBatch } from './publish-batch.ts';
export { type RawJson, rawJson } from './raw-json.ts';
export { type AuditOptions, MAX_RECEIPT_IDS, type ReadOptions } from './reads.ts';
export type { RetryNotice, RetryPolicy } from './retry.ts';
export type { BatchingOptions, PatienceOptions } from './settings.ts';
export type { TailGap, TailMessage, TailOptions } from './tail.ts';
export { uuidV7 } from './uuid-v7.ts';
