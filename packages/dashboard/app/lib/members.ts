import type { ConsumerState } from '@oncelog/event-schema';

/** A member of the consumer group as the page shows it. */
export interface Member extends Omit<ConsumerState, 'state'> {
  readonly state: ConsumerState['state'] | 'gone';
  /** Whether this page has seen an earlier life of it. */
  readonly restarted: boolean;
  /** When it was missing first, ms on the page's clock. */
  readonly goneSinceMs?: number;
}

/** One that has left stays on the page for so long: who looks up sees that it was there. */
const GONE_MS = 30_000;

const keyOf = ({ name, shard }: { name: string; shard: number }): string => `${shard} ${name}`;

/** The members now, and those that have left a moment ago, by shard and name. Pure. */
export function updateMembers(
  before: readonly Member[],
  now: readonly ConsumerState[],
  nowMs: number,
): Member[] {
  const known = new Map(before.map((member) => [keyOf(member), member]));
  const present = now.map((state): Member => {
    const earlier = known.get(keyOf(state));
    const isNewLife =
      earlier !== undefined && earlier.started_at !== null && earlier.started_at !== state.started_at;
    return { ...state, restarted: isNewLife || (earlier?.restarted ?? false) };
  });
  const here = new Set(now.map(keyOf));
  const gone = before
    .filter((member) => !here.has(keyOf(member)))
    .map((member): Member => ({ ...member, state: 'gone', goneSinceMs: member.goneSinceMs ?? nowMs }))
    .filter(({ goneSinceMs = nowMs }) => nowMs - goneSinceMs < GONE_MS);
  return [...present, ...gone].sort(byShardAndName);
}

function byShardAndName(a: Member, b: Member): number {
  return a.shard - b.shard || a.name.localeCompare(b.name, 'en', { numeric: true });
}
