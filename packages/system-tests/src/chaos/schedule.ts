import { chance, integer, pick, type Random, randomAt } from '@oncelog/publisher';

/** What can be broken. `link-…` is the network to a component; a `stray` is a consumer beyond those of the stack. */
export type Component =
  | 'gateway'
  | 'redis'
  | 'postgres'
  | `consumer-${number}`
  | 'link-gateway'
  | 'link-redis'
  | 'link-postgres'
  | 'stray';

/**
 *   kill       SIGKILL; started again after `forMs`
 *   freeze     SIGSTOP, SIGCONT after `forMs`
 *   cut        connections are reset and new ones refused for `forMs`
 *   stall      connections stay open, but nothing passes for `forMs`
 *   terminate  all of the services' Postgres backends are terminated, by Postgres
 *   crash      one of them gets SIGKILL: Postgres ends all others and recovers
 *   join       one more consumer works along until a fail point kills it, or `forMs` are over; its name never comes
 *              back, so that others have to claim what it had
 */
type Action = 'kill' | 'freeze' | 'cut' | 'stall' | 'terminate' | 'crash' | 'join';

export interface Fault {
  /** Milliseconds after the start. */
  readonly atMs: number;
  readonly component: Component;
  readonly action: Action;
  readonly forMs: number;
  /** Of `join` only: `after-commit=kill@3`. */
  readonly failPoint?: string;
}

export interface ScheduleInput {
  readonly seed: number;
  readonly durationMs: number;
  readonly consumers: number;
  /** How many kills there are to be in all. Default: whatever a fault every 1.2 s on average brings. */
  readonly kills?: number | undefined;
}

const MEAN_GAP_MS = 1_200;
/** About this part of all faults are kills, of one kind or another. */
const KILL_SHARE = 0.68;
const FAIL_POINTS = ['after-read', 'in-statement', 'after-commit', 'after-acknowledge'] as const;
/** Each as often as it stands here. */
const STORAGE_FAULTS = ['kill', 'kill', 'kill', 'freeze', 'freeze'] as const;
const POSTGRES_FAULTS = [...STORAGE_FAULTS, 'terminate', 'crash', 'crash'] as const;
const SERVICE_FAULTS = ['kill', 'kill', 'kill', 'freeze'] as const;
const CONSUMER_FAULTS = ['kill', 'kill', 'kill', 'freeze', 'freeze'] as const;
const LINK_FAULTS = ['cut', 'stall'] as const;

/** Whether a process dies of it, without a chance to do anything. */
export function isKill({ action }: Fault): boolean {
  return action === 'kill' || action === 'crash' || action === 'join';
}

/** Which faults happen when, in order: a pure function of its input. */
export function createSchedule({ seed, durationMs, consumers, kills }: ScheduleInput): Fault[] {
  const random = randomAt(seed, 0);
  const meanGapMs = kills === undefined ? MEAN_GAP_MS : (durationMs / kills) * KILL_SHARE;
  const faults: Fault[] = [];
  const freeAtMs = new Map<Component, number>();
  let killed = 0;
  for (let atMs = 0; kills === undefined || killed < kills; ) {
    atMs += integer(random, 0, Math.round(2 * meanGapMs));
    if (kills === undefined && atMs >= durationMs) break;
    const fault = faultAt(random, atMs, { consumers });
    // what is broken already is left alone
    if ((freeAtMs.get(fault.component) ?? 0) > atMs) continue;
    if (fault.component !== 'stray') freeAtMs.set(fault.component, atMs + fault.forMs);
    faults.push(fault);
    if (isKill(fault)) killed += 1;
  }
  return kills === undefined ? faults : stretched(faults, durationMs);
}

function faultAt(random: Random, atMs: number, { consumers }: { consumers: number }): Fault {
  const kind = integer(random, 1, 100);
  if (kind <= 30) {
    const component = `consumer-${integer(random, 1, consumers)}` as const;
    return { atMs, component, action: pick(random, CONSUMER_FAULTS), forMs: duration(random, 4_000) };
  }
  if (kind <= 55) return stray(random, atMs);
  if (kind <= 65)
    return {
      atMs,
      component: 'gateway',
      action: pick(random, SERVICE_FAULTS),
      forMs: duration(random, 2_000),
    };
  if (kind <= 75)
    return { atMs, component: 'redis', action: pick(random, STORAGE_FAULTS), forMs: duration(random, 4_000) };
  if (kind <= 88) {
    const action = pick(random, POSTGRES_FAULTS);
    const lasts = action === 'kill' || action === 'freeze';
    return { atMs, component: 'postgres', action, forMs: lasts ? duration(random, 4_000) : 0 };
  }
  const component = pick(random, ['link-gateway', 'link-redis', 'link-postgres'] as const);
  return { atMs, component, action: pick(random, LINK_FAULTS), forMs: duration(random, 4_000) };
}

function stray(random: Random, atMs: number): Fault {
  const failPoint = `${pick(random, FAIL_POINTS)}=kill@${integer(random, 1, 6)}`;
  return { atMs, component: 'stray', action: 'join', forMs: integer(random, 3_000, 8_000), failPoint };
}

/** Mostly short, so that the system gets to work in between; sometimes longer than the claim time and the timeouts. */
function duration(random: Random, longestMs: number): number {
  return chance(random, 75) ? integer(random, 50, 800) : integer(random, 800, longestMs);
}

function stretched(faults: readonly Fault[], durationMs: number): Fault[] {
  const lastMs = faults.at(-1)?.atMs ?? 0;
  return faults.map((fault) => ({
    ...fault,
    atMs: lastMs === 0 ? 0 : Math.round((fault.atMs / lastMs) * durationMs),
  }));
}
