import type { StreamClient } from './connection.ts';
import { CONSUMER_GROUP, type ShardKeys } from './keys.ts';

/** What went through the stream, and what is still in it. */
export interface StreamTotals {
  /** Events ever appended. A batch that was appended twice counts twice. */
  readonly appendedEvents: number;
  /** Events appended and not yet acknowledged: waiting, or in a consumer's hands. */
  readonly inFlightEvents: number;
  readonly inFlightBytes: number;
  /** Entries that no consumer has read yet. */
  readonly lag: number;
  /** Entries that a consumer has read and not acknowledged. */
  readonly pending: number;
}

export async function readTotals(client: StreamClient, shards: readonly ShardKeys[]): Promise<StreamTotals> {
  const parts = await Promise.all(shards.map((keys) => readShardTotals(client, keys)));
  return parts.reduce((sum, part) => ({
    appendedEvents: sum.appendedEvents + part.appendedEvents,
    inFlightEvents: sum.inFlightEvents + part.inFlightEvents,
    inFlightBytes: sum.inFlightBytes + part.inFlightBytes,
    lag: sum.lag + part.lag,
    pending: sum.pending + part.pending,
  }));
}

async function readShardTotals(client: StreamClient, { stream, totals }: ShardKeys): Promise<StreamTotals> {
  const [counts, groups, length] = await Promise.all([
    client.hmGet(totals, ['appended_events', 'acked_events', 'appended_bytes', 'acked_bytes']),
    groupsOf(client, stream),
    client.xLen(stream),
  ]);
  const [appendedEvents = 0, ackedEvents = 0, appendedBytes = 0, ackedBytes = 0] = counts.map(Number);
  const group = groups.find(({ name }) => String(name) === CONSUMER_GROUP);
  return {
    appendedEvents,
    inFlightEvents: appendedEvents - ackedEvents,
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
