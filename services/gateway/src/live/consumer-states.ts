import type { ConsumerState } from '@oncelog/event-schema';
import type { GroupMember } from '@oncelog/event-stream';

/** A living member is heard of every 2 s. */
const SILENT_AFTER_MS = 10_000;
/** It says within 2 s that it has applied something. */
const ACTIVE_FOR_MS = 5_000;

/** The members of the group as clients see them, by name, `consumer-10` behind `consumer-9`. */
export function consumerStates(members: readonly GroupMember[]): ConsumerState[] {
  return members.map(stateOf).sort((a, b) => byName.compare(a.name, b.name) || a.shard - b.shard);
}

const byName = new Intl.Collator('en', { numeric: true });

function stateOf(member: GroupMember): ConsumerState {
  const { name, shard, pending, idleMs, startedAt, version } = member;
  return {
    name,
    shard,
    state: idleMs > SILENT_AFTER_MS ? 'silent' : isActive(member) ? 'active' : 'idle',
    pending_entries: pending,
    idle_seconds: idleMs / 1_000,
    started_at: startedAt ?? null,
    version: version ?? null,
  };
}

function isActive({ pending, appliedAgoMs }: GroupMember): boolean {
  return pending > 0 || (appliedAgoMs !== undefined && appliedAgoMs <= ACTIVE_FOR_MS);
}
