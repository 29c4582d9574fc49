import { type CommandParser, defineScript } from 'redis';
import { type Entry, entryBytes, FOREIGN_EPOCH } from '../entry.ts';
import { CONSUMER_GROUP, type ShardKeys } from '../keys.ts';

/**
 * Acknowledges entries and counts them, each once: XACK answers 1 only to the first that acknowledges a pending
 * entry. A foreign entry, or one of an earlier epoch, was not counted when it was appended, so it is not now.
 *
 * It runs also at Redis's memory limit, because acknowledging is what frees memory. Said in its first line, not left
 * to the order of its commands.
 *
 * Replies with how many entries this call acknowledged.
 */
export const ackScript = defineScript({
  SCRIPT: `#!lua flags=allow-oom
    local current = redis.call('HGET', KEYS[2], 'epoch')
    local acked, events, bytes = 0, 0, 0
    for i = 2, #ARGV, 4 do
      if redis.call('XACK', KEYS[1], ARGV[1], ARGV[i]) == 1 then
        acked = acked + 1
        if ARGV[i + 3] == current then
          events = events + tonumber(ARGV[i + 1])
          bytes = bytes + tonumber(ARGV[i + 2])
        end
      end
    end
    if events > 0 then
      redis.call('HINCRBY', KEYS[2], 'acked_events', events)
      redis.call('HINCRBY', KEYS[2], 'acked_bytes', bytes)
    end
    return acked`,
  NUMBER_OF_KEYS: 2,
  parseCommand(parser: CommandParser, keys: ShardKeys, entries: readonly Entry[]) {
    parser.pushKeys([keys.stream, keys.totals]);
    parser.push(CONSUMER_GROUP);
    for (const entry of entries) {
      const { events, epoch } = entry.kind === 'batch' ? entry : { events: 1, epoch: FOREIGN_EPOCH };
      parser.push(entry.id, String(events), String(entryBytes(entry)), epoch);
    }
  },
  transformReply: undefined as unknown as () => number,
});
