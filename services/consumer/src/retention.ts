import {
  type Database,
  type PruneBound,
  pruneLedger,
  pruneRepeatedEntries,
  retireEvents,
} from '@oncelog/event-store';
import type { StreamReader } from '@oncelog/event-stream';
import { type Logger, pause } from '@oncelog/service-kit';
import type { ConsumerMetrics } from './metrics.ts';

export interface RetentionDeps {
  readonly database: Database;
  /** Of every shard: a batch may be in any of them. */
  readonly readers: readonly Pick<StreamReader, 'oldestEntryMs'>[];
  readonly log: Logger;
  readonly metrics: ConsumerMetrics;
}

export interface RetentionConfig {
  readonly ledgerRetentionHours: number;
  /** 0 keeps events for ever. */
  readonly eventRetentionHours: number;
  readonly retentionIntervalMs: number;
  /** Rows that one statement removes: as many as take well below 100 ms. */
  readonly chunkRows: number;
}

/** Between two chunks, as long as there are more: at least as long as a chunk takes, so that ingest has its turn. */
const CHUNK_PAUSE_MS = 100;

/** Removes what is older than it has to be kept. Members do this side by side: a chunk is one member's at a time. */
export interface Retention {
  /** One round: everything that may go now, chunk by chunk. Ends early when the signal aborts. */
  tick(stop: AbortSignal): Promise<void>;
  /** Rounds until the signal aborts. A round that fails is a warning: the next one goes on where it ended. */
  run(stop: AbortSignal): Promise<void>;
}

export function createRetention(deps: RetentionDeps, config: RetentionConfig): Retention {
  const { database, log, metrics } = deps;
  const { chunkRows } = config;

  const byChunks = async (stop: AbortSignal, remove: () => Promise<boolean>): Promise<void> => {
    while (!stop.aborted && (await remove())) await pause(CHUNK_PAUSE_MS, stop);
  };

  const pruneBatches = (stop: AbortSignal, bound: PruneBound) =>
    byChunks(stop, async () => {
      const pruned = await pruneLedger(database, bound, chunkRows);
      metrics.prunedBatches.inc(pruned);
      return pruned === chunkRows;
    });

  const pruneRepeats = (stop: AbortSignal, bound: PruneBound) =>
    byChunks(stop, async () => (await pruneRepeatedEntries(database, bound, chunkRows)) === chunkRows);

  const retire = async (stop: AbortSignal): Promise<void> => {
    const { eventRetentionHours: retentionHours } = config;
    if (retentionHours === 0) return;
    let afterSeq: string | undefined = '0';
    await byChunks(stop, async () => {
      const chunk = await retireEvents(database, {
        retentionHours,
        afterSeq: afterSeq ?? '0',
        maxRows: chunkRows,
      });
      metrics.retiredEvents.inc(chunk.retired);
      afterSeq = chunk.lastSeq;
      return afterSeq !== undefined;
    });
  };

  const tick = async (stop: AbortSignal): Promise<void> => {
    // read before the statements that rely on it: what is appended later is younger still
    const oldestEntryMs = await oldestEntry(deps.readers);
    const bound = { retentionHours: config.ledgerRetentionHours, oldestEntryMs };
    await pruneBatches(stop, bound);
    await pruneRepeats(stop, bound);
    await retire(stop);
  };

  return {
    tick,
    async run(stop) {
      while (!stop.aborted) {
        await pause(config.retentionIntervalMs, stop);
        try {
          await tick(stop);
        } catch (error) {
          if (!stop.aborted) log.warn({ err: error }, 'could not remove what is old, trying again later');
        }
      }
    },
  };
}

async function oldestEntry(readers: RetentionDeps['readers']): Promise<number | undefined> {
  const oldest = await Promise.all(readers.map((reader) => reader.oldestEntryMs()));
  const known = oldest.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
