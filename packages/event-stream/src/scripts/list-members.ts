import { type CommandParser, defineScript } from 'redis';
import { CONSUMER_GROUP, type ShardKeys } from '../keys.ts';

/** A member as Redis replies it: idle time in milliseconds; what it has said of itself as the hash has it, or empty. */
export type RawMember = [name: Buffer, pending: number, idleMs: number, said: Buffer];

/**
 * Replies with Redis's time, in milliseconds, and every member of the group; none where there is no group yet.
 *
 * The first line makes that work also while Redis refuses to write.
 */
export const listMembersScript = defineScript({
  SCRIPT: `#!lua flags=no-writes
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
    if consumers.err then
      if string.find(consumers.err, 'NOGROUP') or string.find(consumers.err, 'no such key') then
        return {now, {}}
      end
      return redis.error_reply(consumers.err)
    end
    local members = {}
    for i, consumer in ipairs(consumers) do
      local info = {}
      for j = 1, #consumer, 2 do info[consumer[j]] = consumer[j + 1] end
      local said = redis.call('HGET', KEYS[2], info['name']) or ''
      members[i] = {info['name'], info['pending'], info['idle'], said}
    end
    return {now, members}`,
  NUMBER_OF_KEYS: 2,
  parseCommand(parser: CommandParser, keys: ShardKeys) {
    parser.pushKeys([keys.stream, keys.members]);
    parser.push(CONSUMER_GROUP);
  },
  transformReply: undefined as unknown as () => [nowMs: number, members: RawMember[]],
});
