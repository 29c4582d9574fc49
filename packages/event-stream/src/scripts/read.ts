import { type CommandParser, defineScript } from 'redis';
import { CONSUMER_GROUP, type ShardKeys } from '../keys.ts';

/** How much one read may take. A read takes at least one entry, so it may exceed `maxBytes` by one entry. */
export interface ReadLimit {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** An entry as Redis replies it: its ID, and names and values in turn. */
export type RawEntry = [id: Buffer, fields: Buffer[] | null];

/**
 * Reads new entries until a limit is reached. XREADGROUP bounds entries only, and entries differ in size by four
 * orders of magnitude: reading by count alone would take gigabytes at once. (Redis 8.10 has MAXSIZE; 7.0 is our
 * floor.)
 */
export const readScript = defineScript({
  SCRIPT: `#!lua flags=allow-oom
    local entries, bytes = {}, 0
    while #entries < tonumber(ARGV[3]) and bytes < tonumber(ARGV[4]) do
      local reply = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], '>')
      if not reply then break end
      local entry = reply[1][2][1]
      for _, field in ipairs(entry[2]) do bytes = bytes + #field end
      entries[#entries + 1] = entry
    end
    return entries`,
  NUMBER_OF_KEYS: 1,
  parseCommand(parser: CommandParser, keys: ShardKeys, consumer: string, limit: ReadLimit) {
    parser.pushKey(keys.stream);
    parser.push(CONSUMER_GROUP, consumer, String(limit.maxEntries), String(limit.maxBytes));
  },
  transformReply: undefined as unknown as () => RawEntry[],
});
