import type { LiveStatus } from '@oncelog/event-schema';
import { formatCount, formatDuration } from './format.ts';
import type { Member } from './members.ts';

/** Something that a person should look at. */
export interface Concern {
  readonly severity: 'bad' | 'warn';
  readonly text: string;
  /** The view that says more. */
  readonly view: 'dead-letters' | 'system' | 'overview';
}

/** Waiting for longer than this is no longer the usual. */
const LONG_WAIT_SECONDS = 10;

/** What is wrong now, the worst first. Pure. */
export function concernsOf(
  {
    health,
    stream,
    audit,
    dead_letters_open,
  }: Pick<LiveStatus, 'health' | 'stream' | 'audit' | 'dead_letters_open'>,
  members: readonly Member[] | null,
): Concern[] {
  const concerns: Concern[] = [];
  const bad = (text: string, view: Concern['view'] = 'system') =>
    concerns.push({ severity: 'bad', text, view });
  const warn = (text: string, view: Concern['view'] = 'system') =>
    concerns.push({ severity: 'warn', text, view });
  if (health.database !== 'connected') bad('Postgres is away');
  if (health.redis !== 'connected') bad('Redis is away');
  if (audit?.consistent === false) bad('The audit found a difference');
  const silent = members?.filter(({ state }) => state === 'silent') ?? [];
  if (members?.every(({ state }) => state === 'silent' || state === 'gone')) {
    bad('No consumer is at work', 'overview');
  } else if (silent.length > 0) {
    warn(
      silent.length === 1 ? `${silent[0]?.name} is silent` : `${silent.length} consumers are silent`,
      'overview',
    );
  }
  const oldest = stream?.oldest_unapplied_seconds ?? 0;
  if (oldest >= LONG_WAIT_SECONDS) warn(`The oldest entry waits for ${formatDuration(oldest)}`, 'overview');
  if (dead_letters_open !== null && dead_letters_open > 0) {
    const letters = dead_letters_open === 1 ? 'dead letter' : 'dead letters';
    warn(`${formatCount(dead_letters_open)} ${letters} open`, 'dead-letters');
  }
  return concerns;
}
