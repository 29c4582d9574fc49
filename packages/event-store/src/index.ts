export {
  type Database,
  DatabaseDeadlineError,
  type DatabaseOptions,
  openDatabase,
  type StatementObserver,
} from './database.ts';
export {
  type FeedMiddle,
  type FeedPlace,
  type FeedSnapshot,
  isFromElsewhere,
  isOutOfReach,
} from './feed-place.ts';
export { ensureLoginUser, type LoginUser, loginName, type ServiceRole } from './login-user.ts';
export { assertSchema, knownMigrations, migrate, SchemaMismatchError } from './migrate.ts';
export { DatabaseBusyError } from './slots.ts';
export {
  applyBatches,
  type BatchOutcome,
  type DeadEvent,
  type Origin,
  type StoreBatch,
} from './statements/apply-batches.ts';
export { countDeadLetters } from './statements/count-dead-letters.ts';
export { countOpenDeadLetters } from './statements/count-open-dead-letters.ts';
export type { DeadLetterFilter } from './statements/dead-letter-filter.ts';
export { deleteDeadLetters } from './statements/delete-dead-letters.ts';
export { findDeadLetter, type WholeDeadLetter } from './statements/find-dead-letter.ts';
export { findOpenDeadLetters } from './statements/find-open-dead-letters.ts';
export { findReceipts, type Receipt } from './statements/find-receipts.ts';
export { findRefusedEvents, type RefusedEvent } from './statements/find-refused-events.ts';
export {
  type FeedEvent,
  type FeedFilter,
  type FeedPage,
  type FollowEvents,
  followEvents,
  isByTopic,
} from './statements/follow-events.ts';
export {
  type DeadLetterPreview,
  type DeadLetterRow,
  listDeadLetters,
} from './statements/list-dead-letters.ts';
export {
  type EventFilter,
  type EventPage,
  type EventPlace,
  type EventRow,
  listEvents,
} from './statements/list-events.ts';
export { markReplayed } from './statements/mark-replayed.ts';
export { ping } from './statements/ping.ts';
export type { PruneBound } from './statements/prunable-before.ts';
export { pruneLedger } from './statements/prune-ledger.ts';
export { pruneRepeatedEntries } from './statements/prune-repeated-entries.ts';
export { readAccounts, type StreamAccount } from './statements/read-accounts.ts';
export { type AuditCheckpoint, readAuditCheckpoint } from './statements/read-audit-checkpoint.ts';
export { type AuditFigures, type LedgerSums, readAuditFigures } from './statements/read-audit-figures.ts';
export { readEpochs } from './statements/read-epochs.ts';
export { type FeedEnd, readFeedEnd } from './statements/read-feed-end.ts';
export { type LargestTopics, readLargestTopics } from './statements/read-largest-topics.ts';
export { readStats, type TopicCounts } from './statements/read-stats.ts';
export {
  BatchPrunedError,
  type RepeatedEntry,
  recordRepeatedEntries,
} from './statements/record-repeated-entries.ts';
export { type RetireChunk, type RetiredChunk, retireEvents } from './statements/retire-events.ts';
export { type SkippedEvents, skipEvents } from './statements/skip-events.ts';
export { type NextCheckpoint, writeAuditCheckpoint } from './statements/write-audit-checkpoint.ts';
