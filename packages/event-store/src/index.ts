export { type Database, DatabaseDeadlineError, type DatabaseOptions, openDatabase } from './database.ts';
export { assertSchema, knownMigrations, migrate, SchemaMismatchError } from './migrate.ts';
export {
  applyBatches,
  type BatchOutcome,
  type DeadEvent,
  type Origin,
  type StoreBatch,
} from './statements/apply-batches.ts';
export { findReceipts, type Receipt } from './statements/find-receipts.ts';
export { findRefusedEvents, type RefusedEvent } from './statements/find-refused-events.ts';
export { type EventFilter, type EventRow, listEvents } from './statements/list-events.ts';
export { ping } from './statements/ping.ts';
export { readAccounts, type StreamAccount } from './statements/read-accounts.ts';
export { readStats, type TopicCounts } from './statements/read-stats.ts';
export { type RepeatedEntry, recordRepeatedEntries } from './statements/record-repeated-entries.ts';
