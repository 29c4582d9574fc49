import { type CommandParser, defineScript } from 'redis';
import { CONSUMER_GROUP, type ShardKeys } from '../keys.ts';

/**
 * Replies with the age, in milliseconds by Redis's own clock, of the oldest entry that the group has not acknowledged:
 * its oldest pending one, else the first that nobody has read. Nil where nothing waits.
 *
 * Looks at one entry, however many there are. An entry whose ID lies ahead of the clock, which was set back, is 0 old.
 */
export const oldestUnappliedScript = defineScript({
  SCRIPT: `#!lua flags=no-writes
    local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
    if groups.err then
      if string.find(groups.err, 'no such key') then return false end
      return redis.error_reply(groups.err)
    end
    local unread, oldest = '-', nil
    for _, group in ipairs(groups) do
      local info = {}
      for i = 1, #group, 2 do info[group[i]] = group[i + 1] end
      if info['name'] == ARGV[1] then
        unread = '(' .. info['last-delivered-id']
        local pending = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1)
        oldest = pending[1] and pending[1][1]
      end
    end
    if not oldest then
      local entries = redis.call('XRANGE', KEYS[1], unread, '+', 'COUNT', 1)
      oldest = entries[1] and entries[1][1]
    end
    if not oldest then return false end
    local now = redis.call('TIME')
    local age = now[1] * 1000 + math.floor(now[2] / 1000) - tonumber(string.match(oldest, '^%d+'))
    return math.max(age, 0)`,
  NUMBER_OF_KEYS: 1,
  parseCommand(parser: CommandParser, keys: ShardKeys) {
    parser.pushKey(keys.stream);
    parser.push(CONSUMER_GROUP);
  },
  transformReply: undefined as unknown as () => number | null,
});
