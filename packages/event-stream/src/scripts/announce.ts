import { type CommandParser, defineScript } from 'redis';
import { CONSUMER_GROUP, type ShardKeys } from '../keys.ts';

/** What a member says of itself. */
export interface Presence {
  /** When its process started. */
  readonly startedAt: Date;
  readonly version: string;
  /** Whether it has applied entries since it said this last. */
  readonly applied: boolean;
}

/**
 * Says that a member is there. Its idle time begins anew, and what it says of itself is in the hash beside the stream:
 *
 *   consumer-1   {"started_at":"2026-01-31T12:00:00.000Z","version":"0.1.0","applied_at_ms":1795535531196}
 *
 * The read is of its own pending entries behind the last possible ID: it finds none, and counts as a sign of life in
 * every version. A read that waits for new entries does not in Redis 7.0, which does not even list a member before it has
 * got its first one. A member that waits writes nothing: the hash changes only when it starts, or has applied something.
 */
export const announceScript = defineScript({
  SCRIPT: `#!lua flags=allow-oom
    redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], '18446744073709551615-0')
    local said = ARGV[3]
    if ARGV[4] == '1' then
      local now = redis.call('TIME')
      local ms = now[1] * 1000 + math.floor(now[2] / 1000)
      redis.call('HSET', KEYS[2], ARGV[2], string.format('%s,"applied_at_ms":%.0f}', said, ms))
      return
    end
    local known = redis.call('HGET', KEYS[2], ARGV[2]) or ''
    if string.sub(known, 1, #said) ~= said then
      redis.call('HSET', KEYS[2], ARGV[2], said .. '}')
    end`,
  NUMBER_OF_KEYS: 2,
  parseCommand(parser: CommandParser, keys: ShardKeys, consumer: string, presence: Presence) {
    const { startedAt, version, applied } = presence;
    const said = JSON.stringify({ started_at: startedAt.toISOString(), version });
    parser.pushKeys([keys.stream, keys.members]);
    parser.push(CONSUMER_GROUP, consumer, said.slice(0, -'}'.length), applied ? '1' : '0');
  },
  transformReply: undefined as unknown as () => null,
});
