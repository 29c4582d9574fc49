import { type CommandParser, defineScript } from 'redis';
import type { ShardKeys } from '../keys.ts';

/**
 * Trims what every consumer group has acknowledged, and nothing else: below the lowest of each group's oldest
 * pending entry or, where nothing is pending, its last delivered one. A stream without a group is left alone.
 *
 * Looking and trimming are one atomic step; `~` lets Redis drop whole nodes only, at most 10,000 entries a call,
 * so that a long backlog is trimmed over many short calls.
 *
 * Replies with how many entries it removed.
 */
export const trimScript = defineScript({
  SCRIPT: `#!lua flags=allow-oom
    if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
    local function before(a, b)
      local a_ms, a_seq = string.match(a, '(%d+)-(%d+)')
      local b_ms, b_seq = string.match(b, '(%d+)-(%d+)')
      if a_ms ~= b_ms then return tonumber(a_ms) < tonumber(b_ms) end
      return tonumber(a_seq) < tonumber(b_seq)
    end
    local lowest
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
      local info = {}
      for i = 1, #group, 2 do info[group[i]] = group[i + 1] end
      local bound = info['last-delivered-id']
      local pending = redis.call('XPENDING', KEYS[1], info['name'])
      if pending[1] > 0 and before(pending[2], bound) then bound = pending[2] end
      if not lowest or before(bound, lowest) then lowest = bound end
    end
    if not lowest then return 0 end
    return redis.call('XTRIM', KEYS[1], 'MINID', '~', lowest)`,
  NUMBER_OF_KEYS: 1,
  parseCommand(parser: CommandParser, keys: ShardKeys) {
    parser.pushKey(keys.stream);
  },
  transformReply: undefined as unknown as () => number,
});
