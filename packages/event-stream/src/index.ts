export { type CommandConnection, openCommands } from './commands.ts';
export type { ConnectionObserver, StreamLogger } from './connection.ts';
export {
  type Batch,
  type BatchEntry,
  type Entry,
  entryBytes,
  FOREIGN_EPOCH,
  type ForeignEntry,
  MAX_TRACEPARENTS,
} from './entry.ts';
export { StreamRefusedError, StreamUnavailableError } from './errors.ts';
export { CONSUMER_GROUP, shardKeys } from './keys.ts';
export type { GroupMember } from './members.ts';
export {
  type GroupState,
  openReader,
  type PendingEntries,
  type ReaderOptions,
  type ReadWait,
  type StreamReader,
} from './reader.ts';
export type { Presence } from './scripts/announce.ts';
export type { BacklogLimit } from './scripts/append.ts';
export type { ReadLimit } from './scripts/read.ts';
export { type ShardTotals, type StreamBacklog, sumTotals } from './totals.ts';
export { type AppendOutcome, openWriter, type StreamWriter, type WriterOptions } from './writer.ts';
