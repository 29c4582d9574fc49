import { Counter, Histogram, type Registry } from '@oncelog/service-kit';

export type ConsumerMetrics = ReturnType<typeof createConsumerMetrics>;

/** What a consumer tells Prometheus. */
export function createConsumerMetrics(registry: Registry) {
  const registers = [registry];
  return {
    events: new Counter({
      name: 'oncelog_consumer_events_total',
      help: 'Events applied, by outcome: unique, duplicate or dead_letter.',
      labelNames: ['outcome'],
      registers,
    }),
    repeatedBatches: new Counter({
      name: 'oncelog_consumer_repeated_batches_total',
      help: 'Entries whose batch was in the ledger already: redelivered, or sent again.',
      registers,
    }),
    retries: new Counter({
      name: 'oncelog_consumer_retries_total',
      help: 'Statements tried again, by kind: race or outage.',
      labelNames: ['kind'],
      registers,
    }),
    lostEntries: new Counter({
      name: 'oncelog_consumer_lost_entries_total',
      help: 'Pending entries that somebody deleted from the stream before they were applied.',
      registers,
    }),
    lostStreams: new Counter({
      name: 'oncelog_consumer_lost_streams_total',
      help: 'Streams found empty though events had gone through them: what they held is lost (FLUSHALL, a lost volume).',
      registers,
    }),
    claimedEntries: new Counter({
      name: 'oncelog_consumer_claimed_entries_total',
      help: 'Entries taken over from members that had them for too long.',
      registers,
    }),
    trimmedEntries: new Counter({
      name: 'oncelog_consumer_trimmed_entries_total',
      help: 'Acknowledged entries removed from the stream.',
      registers,
    }),
    prunedBatches: new Counter({
      name: 'oncelog_consumer_pruned_batches_total',
      help: 'Batches removed from the ledger because they were old enough.',
      registers,
    }),
    retiredEvents: new Counter({
      name: 'oncelog_consumer_retired_events_total',
      help: 'Events removed because they were old enough.',
      registers,
    }),
    applySeconds: new Histogram({
      name: 'oncelog_consumer_apply_seconds',
      help: 'Time of a statement that applies entries.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
  };
}
