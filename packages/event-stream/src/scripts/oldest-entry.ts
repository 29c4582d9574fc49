import { type CommandParser, defineScript } from 'redis';
import type { ShardKeys } from '../keys.ts';

/**
 * Replies with the ID of the first entry that is in the stream, nil where there is none. XRANGE and XINFO STREAM would
 * send the whole entry along.
 */
export const oldestEntryScript = defineScript({
  SCRIPT: `
    local entries = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
    return entries[1] and entries[1][1]`,
  NUMBER_OF_KEYS: 1,
  parseCommand(parser: CommandParser, keys: ShardKeys) {
    parser.pushKey(keys.stream);
  },
  transformReply: undefined as unknown as () => string | null,
});
