import { type CommandParser, defineScript } from 'redis';
import { CONSUMER_GROUP, type ShardKeys } from '../keys.ts';

/**
 * Removes the names of consumers that have nothing pending and have been silent for `idleMs`, and what they have said of
 * themselves. XGROUP DELCONSUMER destroys what is pending, so the look and the removal are one atomic step.
 *
 * Replies with how many names it removed.
 */
export const removeIdleConsumersScript = defineScript({
  SCRIPT: `#!lua flags=allow-oom
    local removed, there = 0, {}
    for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
      local info = {}
      for i = 1, #consumer, 2 do info[consumer[i]] = consumer[i + 1] end
      local wanted = ARGV[3] == '' or ARGV[3] == info['name']
      if wanted and info['pending'] == 0 and info['idle'] >= tonumber(ARGV[2]) then
        redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], info['name'])
        redis.call('HDEL', KEYS[2], info['name'])
        removed = removed + 1
      else
        there[info['name']] = true
      end
    end
    if ARGV[3] ~= '' then return removed end
    -- the names of a group that was destroyed went with it
    for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
      if not there[name] then redis.call('HDEL', KEYS[2], name) end
    end
    return removed`,
  NUMBER_OF_KEYS: 2,
  parseCommand(parser: CommandParser, keys: ShardKeys, idleMs: number, onlyConsumer = '') {
    parser.pushKeys([keys.stream, keys.members]);
    parser.push(CONSUMER_GROUP, String(idleMs), onlyConsumer);
  },
  transformReply: undefined as unknown as () => number,
});
