import { type CommandParser, defineScript } from 'redis';
import { CONSUMER_GROUP, type ShardKeys } from '../keys.ts';

/**
 * Removes the names of consumers that have nothing pending and have been silent for `idleMs`. XGROUP DELCONSUMER
 * destroys what is pending, so the look and the removal are one atomic step.
 *
 * Replies with how many names it removed.
 */
export const removeIdleConsumersScript = defineScript({
  SCRIPT: `#!lua flags=allow-oom
    local removed = 0
    for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
      local info = {}
      for i = 1, #consumer, 2 do info[consumer[i]] = consumer[i + 1] end
      local wanted = ARGV[3] == '' or ARGV[3] == info['name']
      if wanted and info['pending'] == 0 and info['idle'] >= tonumber(ARGV[2]) then
        redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], info['name'])
        removed = removed + 1
      end
    end
    return removed`,
  NUMBER_OF_KEYS: 1,
  parseCommand(parser: CommandParser, keys: ShardKeys, idleMs: number, onlyConsumer = '') {
    parser.pushKey(keys.stream);
    parser.push(CONSUMER_GROUP, String(idleMs), onlyConsumer);
  },
  transformReply: undefined as unknown as () => number,
});
