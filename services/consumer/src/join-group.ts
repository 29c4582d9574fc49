import { type Database, readEpochs } from '@oncelog/event-store';
import type { StreamReader } from '@oncelog/event-stream';
import type { Logger } from '@oncelog/service-kit';
import type { ConsumerMetrics } from './metrics.ts';

export interface JoinDeps {
  readonly reader: StreamReader;
  readonly database: Database;
  readonly log: Logger;
  readonly metrics: ConsumerMetrics;
}

/**
 * Makes sure that the consumer group exists. One that is missing although events went through it is a fault, and the
 * epoch tells which: the group alone was lost, and nothing with it, or the whole stream was.
 */
export async function joinGroup({ reader, database, log, metrics }: JoinDeps, shard: number): Promise<void> {
  const applied = await readEpochs(database, shard);
  const { created, epoch } = await reader.ensureGroup();
  if (!created || applied.length === 0) return;
  if (epoch !== undefined && applied.includes(epoch)) {
    log.error(
      { shard },
      'the consumer group was missing and has been created again at the beginning of the stream',
    );
  } else {
    metrics.lostStreams.inc();
    log.error(
      { shard, epoch, appliedEpochs: applied },
      'the stream is gone and has begun anew: what it held and was not applied is lost',
    );
  }
}
