/** The one consumer group of every event stream. */
export const CONSUMER_GROUP = 'oncelog';

/**
 * The keys of a shard. The braces are a Redis Cluster hash tag: a shard's keys share a slot, and the shards
 * spread over the slots.
 *
 *   oncelog:events:{0}          the stream; an entry holds the events of one accepted request
 *   oncelog:events:{0}:totals   a hash: what was appended and acknowledged, in events and bytes, in this epoch
 *   oncelog:events:{0}:members  a hash: what each member of the group says of itself, by name; see announce.ts
 */
export interface ShardKeys {
  readonly stream: string;
  readonly totals: string;
  readonly members: string;
}

export function shardKeys(prefix: string, shard: number): ShardKeys {
  const stream = `${prefix}:events:{${shard}}`;
  return { stream, totals: `${stream}:totals`, members: `${stream}:members` };
}
