import type { StreamClient } from './connection.ts';
import { CONSUMER_GROUP, shardKeys } from './keys.ts';

/**
 * What went through a shard, and what is still in it.
 *
 * The counts are of one life of the stream, its epoch: it begins with the first append, and ends when the keys are
 * lost (FLUSHALL). What an earlier epoch had brought is in Postgres; what it had not is lost.
 */
export interface ShardTotals {
  readonly shard: number;
  /** None before the first append. */
  readonly epoch: string | undefined;
  /** Events appended in this epoch. A batch that was appended twice counts twice. */
  readonly appendedEvents: number;
  /** Events of this epoch that were acknowledged. */
  readonly ackedEvents: number;
  readonly inFlightBytes: number;
  /** Entries that no consumer has read yet. */
  readonly lag: number;
  /** Entries that a consumer has read and not acknowledged. */
  readonly pending: number;
}

/** What is in the streams of all shards. */
export interface StreamBacklog {
  /** Events appended and not yet acknowledged: waiting, or in a consumer's hands. */
  readonly inFlightEvents: number;
  readonly inFlightBytes: number;
  readonly appendedEvents: number;
  readonly lag: number;
  readonly pending: number;
}

export function sumTotals(shards: readonly ShardTotals[]): StreamBacklog {
  const sum = (of: (shard: ShardTotals) => number): number =>
    shards.reduce((total, shard) => total + of(shard), 0);
  return {
    inFlightEvents: sum(({ appendedEvents, ackedEvents }) => appendedEvents - ackedEvents),
    inFlightBytes: sum(({ inFlightBytes }) => inFlightBytes),
    appendedEvents: sum(({ appendedEvents }) => appendedEvents),
    lag: sum(({ lag }) => lag),
    pending: sum(({ pending }) => pending),
  };
}

export async function readTotals(client: StreamClient, prefix: string, shard: number): Promise<ShardTotals> {
  const { stream, totals } = shardKeys(prefix, shard);
  const [counts, groups, length] = await Promise.all([
    client.hmGet(totals, ['appended_events', 'acked_events', 'appended_bytes', 'acked_bytes', 'epoch']),
    groupsOf(client, stream),
    client.xLen(stream),
  ]);
  const [appendedEvents = 0, ackedEvents = 0, appendedBytes = 0, ackedBytes = 0] = counts
    .slice(0, 4)
    .map(Number);
  const group = groups.find(({ name }) => String(name) === CONSUMER_GROUP);
  return {
    shard,
    epoch: counts[4] === null ? undefined : String(counts[4]),
    appendedEvents,
    ackedEvents,
    inFlightBytes: appendedBytes - ackedBytes,
    // Redis does not know the lag after some operations; all that is left in the stream bounds it from above
    lag: group === undefined ? length : (group.lag ?? length),
    pending: group?.pending ?? 0,
  };
}

interface Group {
  readonly name: unknown;
  readonly lag: number | null;
  readonly pending: number;
}

async function groupsOf(client: StreamClient, stream: string): Promise<readonly Group[]> {
  try {
    return (await client.xInfoGroups(stream)) as unknown as Group[];
  } catch (error) {
    if (String(error).includes('no such key')) return [];
    throw error;
  }
}
