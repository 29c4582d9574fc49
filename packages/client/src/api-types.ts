// Made from the schemas of @oncelog/event-schema by `pnpm --filter @oncelog/client run types`; a test holds it against
// them. The published package then needs nothing but itself, not even to compile.

/** One event. */
export interface Event {
  /** Where the event belongs. Events are deduplicated by (topic, event_id). */
  topic: string;
  /** The producer's own id for the event, unique within its topic. */
  event_id: string;
  /** When the event happened: RFC 3339 with an offset. Stored with microseconds. */
  timestamp: string;
  /** Who produced the event. */
  source: string;
  /** Any JSON object, nested at most 64 levels deep, itself included. Stored as jsonb. */
  payload: Record<string, unknown>;
}

/** One stored event. */
export interface StoredEvent {
  /** Where the event belongs. Events are deduplicated by (topic, event_id). */
  topic: string;
  /** The producer's own id for the event, unique within its topic. */
  event_id: string;
  /** When the event happened: RFC 3339 with an offset. Stored with microseconds. */
  timestamp: string;
  /** Who produced the event. */
  source: string;
  /** Any JSON object, nested at most 64 levels deep, itself included. Stored as jsonb. */
  payload: Record<string, unknown>;
  /** When the event was stored. */
  processed_at: string;
}

/** The outcome of one applied batch. */
export interface BatchReceipt {
  /** The batch_id that POST /publish answered. The figures are those of the whole batch, which may hold several small requests that came without an Idempotency-Key. */
  batch_id: string;
  /** Events applied: unique_processed + duplicate_dropped. */
  received: number;
  /** Events stored. */
  unique_processed: number;
  /** Events whose (topic, event_id) was stored already. */
  duplicate_dropped: number;
  /** Events that can never be stored, kept as dead letters with the reason. */
  dead_lettered: number;
  /** When the batch was applied. */
  applied_at: string;
}

/** The figures of one topic. */
export interface TopicStats {
  /** The topic. */
  topic: string;
  /** Events applied: unique_processed + duplicate_dropped. */
  received: number;
  /** Events stored. */
  unique_processed: number;
  /** Events whose (topic, event_id) was stored already. */
  duplicate_dropped: number;
}

/** Exact figures since the store was created. */
export interface Stats {
  /** Events applied: unique_processed + duplicate_dropped. */
  received: number;
  /** Events stored. */
  unique_processed: number;
  /** Events whose (topic, event_id) was stored already. */
  duplicate_dropped: number;
  /** Every topic with an event, sorted. */
  topics: string[];
  /** Seconds since this gateway started. */
  uptime_seconds: number;
  status: 'running';
  /** Events answered with 202. */
  accepted: number;
  /** Events that can never be stored, kept as dead letters with the reason. */
  dead_lettered: number;
  /** Events accepted and not applied yet. */
  in_flight: number;
  /** The figures of each topic, in the order of topics. */
  by_topic: TopicStats[];
}

/** The gateway's view of what it depends on. */
export interface Health {
  /** Healthy if everything is connected. */
  status: 'healthy' | 'unhealthy';
  /** "connected", or "error: " and the reason. */
  database: string;
  /** "connected", or "error: " and the reason. */
  redis: string;
  /** When the check was made. */
  timestamp: string;
}

/** A member of the consumer group, on one shard. */
export interface ConsumerState {
  /** Its name in the consumer group. */
  name: string;
  /** The stream that it reads. A consumer is a member of the group of every shard. */
  shard: number;
  /** Silent: not heard of for 10 s; a living one is heard of every 2 s. Active: it has entries in hand, or has applied some within the last 5 s. Idle: it waits for events. */
  state: 'active' | 'idle' | 'silent';
  /** Entries that it has read and not acknowledged yet. */
  pending_entries: number;
  /** Seconds since it was last heard of. */
  idle_seconds: number;
  /** When its process started, by its own clock; null where it has not said so. */
  started_at: string | null;
  /** The version of the consumer; null where it has not said so. */
  version: string | null;
}

/** Exact figures since the store was created, as in GET /stats. */
export interface LiveStats {
  /** Events answered with 202. */
  accepted: number;
  /** Events applied: unique_processed + duplicate_dropped. */
  received: number;
  /** Events stored. */
  unique_processed: number;
  /** Events whose (topic, event_id) was stored already. */
  duplicate_dropped: number;
  /** Events that can never be stored, kept as dead letters with the reason. */
  dead_lettered: number;
  /** Events accepted and not applied yet. */
  in_flight: number;
}

/** Events per second since the figures before. */
export interface LiveRates {
  /** Events accepted per second. */
  accepted: number;
  /** Events stored per second. */
  unique: number;
  /** Duplicates dropped per second. */
  duplicate: number;
  /** Events dead-lettered per second. */
  dead_letter: number;
}

/** What waits in the streams, over all shards. */
export interface LiveStream {
  /** Entries that no consumer has read yet. */
  lag_entries: number;
  /** Entries that a consumer has read and not acknowledged yet. */
  pending_entries: number;
  /** Events that are not acknowledged yet. */
  backlog_events: number;
  /** The same in bytes. */
  backlog_bytes: number;
  /** How long the oldest entry that is not acknowledged has waited; null where nothing waits. */
  oldest_unapplied_seconds: number | null;
  /** How many streams there are. */
  shards: number;
}

/** The figures of one topic, and how fast they grow. */
export interface LiveTopic {
  /** The topic. */
  topic: string;
  /** Events applied: unique_processed + duplicate_dropped. */
  received: number;
  /** Events stored. */
  unique_processed: number;
  /** Events whose (topic, event_id) was stored already. */
  duplicate_dropped: number;
  /** Events applied per second. */
  received_per_second: number;
}

/** The last audit that this gateway made. */
export interface LiveAudit {
  /** Whether every check holds. */
  consistent: boolean;
  /** Whether nothing was in flight. */
  at_rest: boolean;
  /** When the audit began. */
  checked_at: string;
  /** Names of the checks that do not hold. */
  failed_checks: string[];
}

/** What flows, what waits, and who works on it: one look at the whole system. */
export interface LiveStatus {
  /** When it was put together. */
  at: string;
  /** The version of this gateway. */
  version: string;
  /** Postgres and Redis, as in GET /health. */
  health: {
    /** "connected", or "error: " and the reason. */
    database: string;
    /** "connected", or "error: " and the reason. */
    redis: string;
  };
  /** The counters; null while Redis or Postgres cannot be read. */
  stats: LiveStats | null;
  /** How fast they grow; null in the first message, and in the first after the counters could not be read. */
  rates: LiveRates | null;
  /** What waits; null while Redis cannot be read. */
  stream: LiveStream | null;
  /** The members of the consumer group, by name; null while Redis cannot be read. */
  consumers: ConsumerState[] | null;
  /** The busiest topics now, then the largest; null while Postgres cannot be read. */
  topics: LiveTopic[] | null;
  /** How many topics there are. */
  topics_total: number | null;
  /** Dead letters that were not replayed or deleted. The count ends at 100000. */
  dead_letters_open: number | null;
  /** The last audit that this gateway made; null before the first. */
  audit: LiveAudit | null;
}

/** One comparison of an audit. */
export interface AuditCheck {
  /** What is compared, as a formula in words. */
  name: string;
  /** Whether it is so. */
  holds: boolean;
  /** The left side of the formula. */
  left: number;
  /** The right side of the formula. */
  right: number;
  /** What it means if it does not hold. */
  detail: string;
}

/** The figures that were compared. */
export interface AuditFigures {
  /** Events answered with 202, each batch once, as the stream counted them. */
  accepted: number;
  /** Events applied. */
  received: number;
  /** Events stored, as the counters have it. */
  unique_processed: number;
  /** Events whose (topic, event_id) was stored already. */
  duplicate_dropped: number;
  /** Events that can never be stored. */
  dead_lettered: number;
  /** Events accepted and not applied yet. */
  in_flight: number;
  /** Rows in the table of events. */
  rows_stored: number;
  /** Events that retention has removed. */
  retired: number;
  /** Batches in the ledger. */
  ledger_batches: number;
  /** Batches that retention has removed from the ledger. */
  pruned_batches: number;
  /** Rows of events and of the ledger that this audit looked at: those after the checkpoint. */
  rows_counted: number;
}

/** Whether the rows, the ledger, the streams and the counters agree, and where they do not. */
export interface Audit {
  /** Whether every check holds. */
  consistent: boolean;
  /** Whether nothing was in flight: the checks of the streams were then equalities. */
  at_rest: boolean;
  /** Whether every row was counted, not only those after the checkpoint. */
  full: boolean;
  /** When the audit began. */
  checked_at: string;
  /** How long it took. */
  duration_ms: number;
  /** Every comparison that was made. */
  checks: AuditCheck[];
  /** The figures that were compared. */
  figures: AuditFigures;
}

/** A dead letter in short. */
export interface DeadLetterSummary {
  /** Identifies the letter; later ones are greater. */
  id: string;
  /** The batch that brought the event. For a foreign entry, an id that was made up. */
  batch_id: string;
  /** The entry of the stream that brought it. */
  entry_id: string;
  /** Index of the event in its batch; null where the whole entry is dead. */
  position: number | null;
  /** How many events it stands for in dead_lettered. */
  events: number;
  /** SQLSTATE of the refusal; "unreadable" or "foreign" where the whole entry is dead. */
  code: string;
  /** Why it could not be stored, for a person. */
  reason: string;
  /** Size of the original. */
  original_bytes: number;
  /** When it was buried. */
  created_at: string;
  /** When it was published again; null while it is open. */
  replayed_at: string | null;
  /** The batch that it was published again in: ask GET /batches what became of it. */
  replay_batch_id: string | null;
  /** The beginning of the original; what is not UTF-8 is replaced by U+FFFD. */
  original_preview: string;
}

/** A dead letter with its original. */
export interface DeadLetter {
  /** Identifies the letter; later ones are greater. */
  id: string;
  /** The batch that brought the event. For a foreign entry, an id that was made up. */
  batch_id: string;
  /** The entry of the stream that brought it. */
  entry_id: string;
  /** Index of the event in its batch; null where the whole entry is dead. */
  position: number | null;
  /** How many events it stands for in dead_lettered. */
  events: number;
  /** SQLSTATE of the refusal; "unreadable" or "foreign" where the whole entry is dead. */
  code: string;
  /** Why it could not be stored, for a person. */
  reason: string;
  /** Size of the original. */
  original_bytes: number;
  /** When it was buried. */
  created_at: string;
  /** When it was published again; null while it is open. */
  replayed_at: string | null;
  /** The batch that it was published again in: ask GET /batches what became of it. */
  replay_batch_id: string | null;
  /** The original, where it is UTF-8. */
  original?: string;
  /** The original, where it is not. */
  original_base64?: string;
  /** SHA-256 of the whole original, where it was too large and only its beginning is kept. */
  original_sha256?: string;
}

/** The letter is published again and will be applied exactly once. */
export interface DeadLetterReplayed {
  status: 'accepted';
  /** Identifies the letter; later ones are greater. */
  id: string;
  /** The new batch: ask GET /batches what became of it. */
  replay_batch_id: string;
  /** When it was published again. */
  replayed_at: string;
}

/** What became of the letters that this call looked at. */
export interface DeadLetterReplayCounts {
  /** Letters that were published again. */
  replayed: number;
  /** Letters that still break the rules of POST /publish: they stay open. */
  refused: number;
  /** Open letters of the filter not looked at yet. */
  remaining: number;
  /** Send it with the next call; it is there while letters remain. */
  cursor?: string;
}

/** What was deleted. The figures of GET /stats do not change. */
export interface DeadLetterDeletionCounts {
  /** Letters that this call deleted. */
  deleted: number;
  /** Letters of the filter that are left: call again. */
  remaining: number;
}

/** Events were left out. */
export interface TailDropped {
  /** How many events that the filter takes; null where that is not known. */
  events: number | null;
  /** slow-reader: this client reads too slowly. rate: events come faster than they are read for the clients of a gateway. retention: the ledger does not reach back to the place that was to be resumed, or stored events were removed. */
  reason: 'slow-reader' | 'rate' | 'retention';
}

/** One broken rule of a request. */
export interface Violation {
  /** JSON pointer (RFC 6901) into the body; /query/<name> for a query parameter, /headers/<name> for a header, /lines/<number> for a line, of which the first is 1. */
  pointer: string;
  /** Stable code of the rule, in kebab case. */
  rule: string;
  /** A sentence for a person. It never repeats the value sent. */
  detail: string;
}

/** An error. */
export interface ProblemDetails {
  /** Identifies the kind of problem. */
  type: string;
  /** The kind of problem in words. */
  title: string;
  /** The HTTP status. */
  status: number;
  /** What is wrong with this request, for a person. */
  detail: string;
  /** Identifies this occurrence. */
  instance?: string;
  /** Find the request in the logs by it. */
  request_id: string;
  /** Stable code of the problem, for programs. */
  code: string;
  /** Every broken rule, at most 100. */
  errors?: Violation[];
  /** The batches that were complete before: they are stored durably and will be applied exactly once. */
  kept?: {
    /** Number of events that were kept. */
    queued: number;
    /** Everything up to this line was kept, and nothing that is known of behind it. The first line is 1. */
    lines: number;
    /** Number of batches that were made of the lines. */
    batches: number;
    /** The IDs of these batches, in the order of the lines; of more than 1000 the last ones. */
    batch_ids: string[];
  };
}
