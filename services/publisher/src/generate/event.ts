import type { Event } from '@oncelog/event-schema';
import { chance, integer, pick, type Random, randomAt } from './random.ts';
import { TOPICS } from './topics.ts';

/** What the events of a run depend on, besides their index. */
export interface RunIdentity {
  readonly seed: number;
  /** Part of every event id: another run id makes fresh events of the same seed. */
  readonly runId: string;
  /** Milliseconds since 1970. The events happened in the ten minutes before. */
  readonly startTimeMs: number;
}

const REGIONS = ['eu-west-1', 'eu-central-1', 'us-east-1', 'ap-northeast-1'] as const;
const OFFSETS_MINUTES = [60, 120, 330, 540, -300, -480] as const;
const WINDOW_MS = 600_000;

/**
 * The unique event with this index: a pure function of its input, so that a duplicate is made again instead of
 * being kept, and is the same in every byte.
 */
export function eventAt({ seed, runId, startTimeMs }: RunIdentity, index: number): Event {
  const random = randomAt(seed, index);
  const { topic, service, payload } = pick(random, TOPICS);
  return {
    topic,
    event_id: `${runId}-${index}`,
    timestamp: timestamp(random, startTimeMs - integer(random, 0, WINDOW_MS)),
    source: `${service}/${pick(random, REGIONS)}/${integer(random, 1, 4)}`,
    payload: payload(random),
  };
}

/** Most producers write UTC, some their local time with its offset. */
function timestamp(random: Random, ms: number): string {
  if (chance(random, 80)) return new Date(ms).toISOString();
  const minutes = pick(random, OFFSETS_MINUTES);
  const local = new Date(ms + minutes * 60_000).toISOString().slice(0, -1);
  const offset = new Date(Math.abs(minutes) * 60_000).toISOString().slice(11, 16);
  return `${local}${minutes < 0 ? '-' : '+'}${offset}`;
}
