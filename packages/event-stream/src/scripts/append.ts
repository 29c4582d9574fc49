import { type CommandParser, defineScript } from 'redis';
import { type Batch, MAX_TRACEPARENTS } from '../entry.ts';
import type { ShardKeys } from '../keys.ts';

/** Beyond either of these the stream takes no more. */
export interface BacklogLimit {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/**
 * Appends a batch and counts it, unless the backlog is at its limit: one atomic step, so that the limit holds
 * however many gateways append, and the totals are exact after a crash.
 *
 * The first line makes Redis refuse the whole script at its memory limit, instead of a command in its middle.
 *
 * Replies with the entry ID, or nil when the backlog is full and nothing was written.
 */
export const appendScript = defineScript({
  SCRIPT: `#!lua
    local totals = redis.call('HMGET', KEYS[2],
      'appended_events', 'acked_events', 'appended_bytes', 'acked_bytes', 'epoch')
    local events = (tonumber(totals[1]) or 0) - (tonumber(totals[2]) or 0)
    local bytes = (tonumber(totals[3]) or 0) - (tonumber(totals[4]) or 0)
    if events + tonumber(ARGV[2]) > tonumber(ARGV[4]) or bytes + #ARGV[3] > tonumber(ARGV[5]) then
      return false
    end
    local epoch = totals[5]
    if not epoch then
      local now = redis.call('TIME')
      epoch = string.format('%x', now[1] * 1000 + math.floor(now[2] / 1000))
      redis.call('HSET', KEYS[2], 'epoch', epoch)
    end
    local id
    if ARGV[6] then
      id = redis.call('XADD', KEYS[1], '*', 'batch_id', ARGV[1], 'events', ARGV[2], 'epoch', epoch, 'body', ARGV[3],
        'traceparent', ARGV[6])
    else
      id = redis.call('XADD', KEYS[1], '*', 'batch_id', ARGV[1], 'events', ARGV[2], 'epoch', epoch, 'body', ARGV[3])
    end
    redis.call('HINCRBY', KEYS[2], 'appended_events', ARGV[2])
    redis.call('HINCRBY', KEYS[2], 'appended_bytes', #ARGV[3])
    return id`,
  NUMBER_OF_KEYS: 2,
  parseCommand(parser: CommandParser, keys: ShardKeys, batch: Batch, limit: BacklogLimit) {
    parser.pushKeys([keys.stream, keys.totals]);
    parser.push(batch.batchId, String(batch.events), batch.body);
    parser.push(String(limit.maxEvents), String(limit.maxBytes));
    const { traceparents } = batch;
    if (traceparents !== undefined) parser.push(traceparents.slice(0, MAX_TRACEPARENTS).join(','));
  },
  transformReply: undefined as unknown as () => string | null,
});
