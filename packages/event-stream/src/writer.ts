import { type ConnectionOptions, openConnection } from './connection.ts';
import type { Batch } from './entry.ts';
import { shardKeys } from './keys.ts';
import type { BacklogLimit } from './scripts/append.ts';
import { readTotals, type ShardTotals } from './totals.ts';

export interface WriterOptions extends Omit<ConnectionOptions, 'name'> {
  readonly prefix: string;
  readonly shards: number;
  /** For each shard. */
  readonly backlogLimit: BacklogLimit;
}

export type AppendOutcome =
  | { readonly outcome: 'appended'; readonly entryId: string }
  /** The consumers are too far behind. Nothing was written. */
  | { readonly outcome: 'backlog-full' };

/** The producing side of the stream. */
export interface StreamWriter {
  /**
   * Appends a batch to one of the shards; resolves when Redis has confirmed it. Durable as Redis is configured:
   * with `appendfsync always` the batch is on disk.
   *
   * @throws {StreamRefusedError} nothing was written
   * @throws {StreamUnavailableError} the outcome is unknown; appending the same batch again is safe
   */
  append(batch: Batch): Promise<AppendOutcome>;
  /** What went through each shard. */
  totals(): Promise<ShardTotals[]>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export function openWriter({ prefix, shards, backlogLimit, ...options }: WriterOptions): StreamWriter {
  const connection = openConnection({ ...options, name: `${prefix}-writer` });
  const keys = Array.from({ length: shards }, (_, shard) => shardKeys(prefix, shard));
  let next = 0;

  return {
    async append(batch) {
      const shard = keys[next++ % keys.length] as (typeof keys)[number];
      const entryId = await connection.run((client) => client.appendBatch(shard, batch, backlogLimit));
      return entryId === null
        ? { outcome: 'backlog-full' }
        : { outcome: 'appended', entryId: String(entryId) };
    },
    totals: () =>
      connection.run((client) => Promise.all(keys.map((_, shard) => readTotals(client, prefix, shard)))),
    ping: async () => {
      await connection.run((client) => client.ping());
    },
    close: () => connection.close(),
  };
}
