import type { StreamClient } from './connection.ts';
import { shardKeys } from './keys.ts';
import type { RawMember } from './scripts/list-members.ts';

/** A member of the consumer group, on one shard. */
export interface GroupMember {
  readonly name: string;
  readonly shard: number;
  /** Entries that it has read and not acknowledged. */
  readonly pending: number;
  /** How long ago it was last heard of: a living one is every 2 s. */
  readonly idleMs: number;
  /** RFC 3339; undefined where it has never said so. */
  readonly startedAt: string | undefined;
  readonly version: string | undefined;
  /** How long ago it said that it had applied entries. */
  readonly appliedAgoMs: number | undefined;
}

export async function listMembers(
  client: StreamClient,
  prefix: string,
  shard: number,
): Promise<GroupMember[]> {
  const reply: unknown = await client.listMembers(shardKeys(prefix, shard));
  const [nowMs, members] = reply as [number, RawMember[]];
  return members.map(([name, pending, idleMs, said]) => ({
    name: name.toString(),
    shard,
    pending,
    idleMs,
    ...saidOf(said.toString(), nowMs),
  }));
}

/** What a member has said of itself, see announce.ts; nothing where somebody else has written there. */
function saidOf(text: string, nowMs: number): Pick<GroupMember, 'startedAt' | 'version' | 'appliedAgoMs'> {
  const said = objectOf(text);
  const textAt = (name: string) => (typeof said[name] === 'string' ? said[name] : undefined);
  const appliedAtMs = said['applied_at_ms'];
  return {
    startedAt: textAt('started_at'),
    version: textAt('version'),
    appliedAgoMs: typeof appliedAtMs === 'number' ? Math.max(0, nowMs - appliedAtMs) : undefined,
  };
}

function objectOf(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
