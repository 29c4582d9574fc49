import { Counter, createFastSeries, Gauge, type Registry } from '@oncelog/service-kit';

export type ConsumerMetrics = ReturnType<typeof createConsumerMetrics>;

/** What a member does: takes up what is pending for it, or reads new entries. */
export type ConsumerState = 'recovering' | 'reading';

const STATES: readonly ConsumerState[] = ['recovering', 'reading'];
const OUTCOMES = ['unique', 'duplicate', 'dead_letter'];
/** `data` is missing: it is taken apart, not tried again. */
const RETRIED = ['race', 'slow', 'outage'];
/** Classes of SQLSTATE, and our own codes. */
const DEAD_LETTER_CLASSES = ['22', '23', '54', 'unreadable', 'foreign', 'other'];

const WAIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What a consumer tells Prometheus. Label values that are known are there from the start, so that rates work. */
export function createConsumerMetrics(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
  const labelled = (name: string, help: string, [label, values]: KnownLabel): Counter => {
    const made = new Counter({ name, help, labelNames: [label], registers });
    for (const value of values) made.inc({ [label]: value }, 0);
    return made;
  };
  return {
    ...stepMetrics(registry),
    events: labelled(
      'oncelog_consumer_events_total',
      'Events applied, by outcome: unique, duplicate or dead_letter.',
      ['outcome', OUTCOMES],
    ),
    deadLetters: labelled(
      'oncelog_consumer_dead_letters_total',
      'Dead letters by the class of their code: of SQLSTATE, or unreadable, foreign, other.',
      ['class', DEAD_LETTER_CLASSES],
    ),
    retries: labelled(
      'oncelog_consumer_retries_total',
      'Statements tried again, by kind: race, slow or outage.',
      ['kind', RETRIED],
    ),
    repeatedBatches: counter(
      'oncelog_consumer_repeated_batches_total',
      'Entries whose batch was in the ledger already: redelivered, or sent again.',
    ),
    lostEntries: counter(
      'oncelog_consumer_lost_entries_total',
      'Pending entries that somebody deleted from the stream before they were applied.',
    ),
    lostStreams: counter(
      'oncelog_consumer_lost_streams_total',
      'Streams found empty though events had gone through them: what they held is lost (FLUSHALL, a lost volume).',
    ),
    claimedEntries: counter(
      'oncelog_consumer_claimed_entries_total',
      'Entries taken over from members that had them for too long.',
    ),
    trimmedEntries: counter(
      'oncelog_consumer_trimmed_entries_total',
      'Acknowledged entries removed from the stream.',
    ),
    prunedBatches: counter(
      'oncelog_consumer_pruned_batches_total',
      'Batches removed from the ledger because they were old enough.',
    ),
    retiredEvents: counter(
      'oncelog_consumer_retired_events_total',
      'Events removed because they were old enough.',
    ),
  };
}

type KnownLabel = readonly [name: string, values: readonly string[]];

/** Of a member's steps: read, apply, acknowledge. */
function stepMetrics(registry: Registry) {
  return {
    showState: stateGauge(registry),
    readSeconds: createFastSeries(registry, {
      name: 'oncelog_consumer_read_duration_seconds',
      help: 'Time of a read from the stream, waiting for a first entry included: up to BLOCK_MS where there is none.',
      buckets: WAIT_SECONDS,
    }),
    applySeconds: createFastSeries(registry, {
      name: 'oncelog_consumer_apply_duration_seconds',
      help: 'Time of a statement that applies entries.',
      buckets: [...WAIT_SECONDS, 10, 30],
    }),
    ackSeconds: createFastSeries(registry, {
      name: 'oncelog_consumer_ack_duration_seconds',
      help: 'Time until Redis has acknowledged entries.',
      buckets: WAIT_SECONDS,
    }),
    statementEntries: createFastSeries(registry, {
      name: 'oncelog_consumer_statement_entries',
      help: 'Entries applied by one statement.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    }),
    statementEvents: createFastSeries(registry, {
      name: 'oncelog_consumer_statement_events',
      help: 'Events applied by one statement.',
      buckets: [1, 10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000],
    }),
    appendToCommit: createFastSeries(registry, {
      name: 'oncelog_consumer_append_to_commit_seconds',
      help: "Time from an entry's append, by the clock of Redis, to its commit, by that of the consumer.",
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600],
    }),
  };
}

/** @returns what shows the state of the member on a shard */
function stateGauge(registry: Registry): (shard: number, state: ConsumerState) => void {
  const gauge = new Gauge({
    name: 'oncelog_consumer_state',
    help: '1 for what the member does on a shard, 0 for the other: recovering what is pending for it, or reading.',
    labelNames: ['shard', 'state'],
    registers: [registry],
  });
  return (shard, now) => {
    for (const state of STATES) gauge.set({ shard, state }, state === now ? 1 : 0);
  };
}

/** The class that a dead letter's code is counted under: codes are many, classes are few. */
export function deadLetterClass(code: string): string {
  const found = /^\d/.test(code) ? code.slice(0, 2) : code;
  return DEAD_LETTER_CLASSES.includes(found) ? found : 'other';
}

/** How long ago an entry was appended; 0 where the clocks of Redis and of this process differ by more than that. */
export function secondsSinceAppend(entryId: string, nowMs: number): number {
  return Math.max(0, nowMs - Number.parseInt(entryId, 10)) / 1_000;
}
