import { type ConnectionOptions, openConnection } from './connection.ts';
import type { Batch } from './entry.ts';
import { shardKeys } from './keys.ts';
import { type GroupMember, listMembers } from './members.ts';
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

/** The memory of the server, as it counts it itself. */
interface ServerMemory {
  readonly usedBytes: number;
  /** Above this it refuses to write; 0 where there is no limit. */
  readonly maxBytes: number;
}

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
  /** For each shard, how long its oldest entry that is not acknowledged has waited; undefined where none waits. */
  oldestUnappliedMs(): Promise<(number | undefined)[]>;
  /** The members of all shards' groups. */
  members(): Promise<GroupMember[]>;
  memory(): Promise<ServerMemory>;
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
    oldestUnappliedMs: async () => {
      const ages = await connection.run((client) =>
        Promise.all(keys.map((shard) => client.oldestUnapplied(shard))),
      );
      return ages.map((age) => age ?? undefined);
    },
    members: async () => {
      const members = await connection.run((client) =>
        Promise.all(keys.map((_, shard) => listMembers(client, prefix, shard))),
      );
      return members.flat();
    },
    memory: async () => memoryOf(String(await connection.run((client) => client.info('memory')))),
    ping: async () => {
      await connection.run((client) => client.ping());
    },
    close: () => connection.close(),
  };
}

/** From the lines `name:value` of INFO. */
function memoryOf(info: string): ServerMemory {
  const bytes = (name: string): number => Number(new RegExp(`^${name}:(\\d+)\r?$`, 'm').exec(info)?.[1]);
  return { usedBytes: bytes('used_memory'), maxBytes: bytes('maxmemory') };
}
