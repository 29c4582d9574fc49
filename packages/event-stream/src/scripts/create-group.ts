import { type CommandParser, defineScript } from 'redis';
import { CONSUMER_GROUP, type ShardKeys } from '../keys.ts';

/**
 * Creates the consumer group, if it is missing, at the stream's beginning: at `$` it would lose what was appended
 * before. A group that was lost (failover, XGROUP DESTROY) reads the whole stream again, so what counts as
 * acknowledged is set back to what is no longer in the stream. The ledger keeps the counts exact.
 *
 * Replies with whether it created the group (1 or 0), and the epoch, which is empty before the first append.
 */
export const createGroupScript = defineScript({
  SCRIPT: `#!lua flags=allow-oom
    local created = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
    local current = redis.call('HGET', KEYS[2], 'epoch')
    if created.err then
      if string.find(created.err, 'BUSYGROUP') then return {0, current or ''} end
      return redis.error_reply(created.err)
    end
    -- where nothing was acknowledged there is nothing to set back, and the stream may be long
    local acked = redis.call('HGET', KEYS[2], 'acked_events')
    if not acked or acked == '0' then return {1, current or ''} end
    local events, bytes, start = 0, 0, '-'
    repeat
      local entries = redis.call('XRANGE', KEYS[1], start, '+', 'COUNT', 64)
      for _, entry in ipairs(entries) do
        start = '(' .. entry[1]
        local fields = {}
        for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
        if fields.epoch and fields.epoch == current then
          events = events + (tonumber(fields.events) or 0)
          bytes = bytes + #(fields.body or '')
        end
      end
    until #entries == 0
    if current then
      local totals = redis.call('HMGET', KEYS[2], 'appended_events', 'appended_bytes')
      redis.call('HSET', KEYS[2], 'acked_events', tonumber(totals[1]) - events,
        'acked_bytes', tonumber(totals[2]) - bytes)
    end
    return {1, current or ''}`,
  NUMBER_OF_KEYS: 2,
  parseCommand(parser: CommandParser, keys: ShardKeys) {
    parser.pushKeys([keys.stream, keys.totals]);
    parser.push(CONSUMER_GROUP);
  },
  transformReply: undefined as unknown as () => [created: number, epoch: Buffer],
});
