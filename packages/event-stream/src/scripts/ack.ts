import { type CommandParser, defineScript } from 'redis';
import { type Entry, entryBytes } from '../entry.ts';
import { CONSUMER_GROUP, type ShardKeys } from '../keys.ts';

/**
 * Acknowledges entries and counts them, each once: XACK answers 1 only to the first that acknowledges a pending
 * entry. A foreign entry was never counted when it was appended, so both totals grow by it (as one event).
 *
 * Replies with how many entries this call acknowledged.
 */
export const ackScript = defineScript({
  SCRIPT: `
    local acked, events, bytes, foreign_events, foreign_bytes = 0, 0, 0, 0, 0
    for i = 2, #ARGV, 4 do
      if redis.call('XACK', KEYS[1], ARGV[1], ARGV[i]) == 1 then
        acked = acked + 1
        events = events + tonumber(ARGV[i + 1])
        bytes = bytes + tonumber(ARGV[i + 2])
        if ARGV[i + 3] == 'foreign' then
          foreign_events = foreign_events + tonumber(ARGV[i + 1])
          foreign_bytes = foreign_bytes + tonumber(ARGV[i + 2])
        end
      end
    end
    if acked > 0 then
      redis.call('HINCRBY', KEYS[2], 'acked_events', events)
      redis.call('HINCRBY', KEYS[2], 'acked_bytes', bytes)
    end
    if foreign_events > 0 then
      redis.call('HINCRBY', KEYS[2], 'appended_events', foreign_events)
      redis.call('HINCRBY', KEYS[2], 'appended_bytes', foreign_bytes)
    end
    return acked`,
  NUMBER_OF_KEYS: 2,
  parseCommand(parser: CommandParser, keys: ShardKeys, entries: readonly Entry[]) {
    parser.pushKeys([keys.stream, keys.totals]);
    parser.push(CONSUMER_GROUP);
    for (const entry of entries) {
      const events = entry.kind === 'batch' ? entry.events : 1;
      parser.push(entry.id, String(events), String(entryBytes(entry)), entry.kind);
    }
  },
  transformReply: undefined as unknown as () => number,
});
