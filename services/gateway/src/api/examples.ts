import type {
  Audit,
  BatchReceipt,
  CloudEvent,
  DeadLetter,
  DeadLetterReplayed,
  DeadLetterSummary,
  Event,
  Stats,
  StoredEvent,
} from '@oncelog/event-schema';

/** One story for all examples: an invoice that is published twice, and a letter that became of another one. */
const BATCH_ID = '01a20e41-ecb8-7757-a7a0-b28eb396c0f4';
const REPLAY_BATCH_ID = '5ac1f8f2-7cf4-8d7b-9f0f-3a2b6c1d4e5f';
const APPLIED_AT = '2026-01-31T12:00:00.198729+00:00';

const event: Event = {
  topic: 'invoices',
  event_id: 'inv-1',
  timestamp: '2026-01-31T12:00:00Z',
  source: 'billing',
  payload: { total: 12.5, currency: 'EUR' },
};

const cloudEvent: CloudEvent = {
  specversion: '1.0',
  type: 'invoices',
  source: '/billing',
  id: 'inv-1',
  time: '2026-01-31T12:00:00Z',
  data: { total: 12.5, currency: 'EUR' },
};

const storedEvent: StoredEvent = {
  ...event,
  timestamp: '2026-01-31T12:00:00+00:00',
  processed_at: APPLIED_AT,
};

const receipt: BatchReceipt = {
  batch_id: BATCH_ID,
  received: 2,
  unique_processed: 1,
  duplicate_dropped: 1,
  dead_lettered: 0,
  applied_at: APPLIED_AT,
};

const stats: Stats = {
  received: 2,
  unique_processed: 1,
  duplicate_dropped: 1,
  topics: ['invoices'],
  uptime_seconds: 18.335,
  status: 'running',
  accepted: 2,
  dead_lettered: 0,
  in_flight: 0,
  by_topic: [{ topic: 'invoices', received: 2, unique_processed: 1, duplicate_dropped: 1 }],
};

const original = JSON.stringify({ ...event, event_id: 'inv-2' });
const letter: Omit<DeadLetterSummary, 'original_preview'> = {
  id: '1',
  batch_id: BATCH_ID,
  entry_id: '1795535531196-0',
  position: 0,
  events: 1,
  code: '23514',
  reason: 'new row for relation "processed_events" violates a check constraint',
  original_bytes: original.length,
  created_at: APPLIED_AT,
  replayed_at: null,
  replay_batch_id: null,
};
const wholeLetter: DeadLetter = { ...letter, original };
const letterInShort: DeadLetterSummary = { ...letter, original_preview: original };
const letterReplayed: DeadLetterReplayed = {
  status: 'accepted',
  id: '1',
  replay_batch_id: REPLAY_BATCH_ID,
  replayed_at: '2026-01-31T12:30:00.5+00:00',
};

const audit: Audit = {
  consistent: true,
  at_rest: true,
  full: false,
  checked_at: '2026-01-31T12:01:00.000Z',
  duration_ms: 4.5,
  checks: [
    {
      name: 'received = unique_processed + duplicate_dropped',
      holds: true,
      left: 2,
      right: 2,
      detail: 'The counters of a topic do not add up.',
    },
  ],
  figures: {
    accepted: 2,
    received: 2,
    unique_processed: 1,
    duplicate_dropped: 1,
    dead_lettered: 0,
    in_flight: 0,
    rows_stored: 1,
    retired: 0,
    ledger_batches: 1,
    pruned_batches: 0,
    rows_counted: 2,
  },
};

/** Examples of requests and answers, by what they are. */
export const EXAMPLES = {
  event,
  storedEvent,
  batchId: BATCH_ID,
  lines: `${JSON.stringify(event)}\n${JSON.stringify({ ...event, event_id: 'inv-2' })}\n`,
  cloudEvent,
  publishRequest: { events: [event, event] },
  publishResponse: {
    status: 'accepted',
    queued: 2,
    message: 'Events queued for processing',
    batch_id: BATCH_ID,
  },
  receipt,
  stats,
  wholeLetter,
  letterInShort,
  letterReplayed,
  audit,
  health: {
    status: 'healthy',
    database: 'connected',
    redis: 'connected',
    timestamp: '2026-01-31T12:01:00.000Z',
  },
  unhealthy: {
    status: 'unhealthy',
    database: 'error: connection refused',
    redis: 'connected',
    timestamp: '2026-01-31T12:01:00.000Z',
  },
} as const;
