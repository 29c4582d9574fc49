import { hex, mix, numberAt } from './random.ts';

/** What the events of a run depend on, beside their index. */
export interface EventSource {
  readonly seed: number;
  /** Stands in every event ID, so that a run's rows can be told from others. 0 to 4095. */
  readonly run: number;
  /** Event IDs like UUIDs of version 4 (random), or of version 7 (they grow with time). */
  readonly ids: 'random' | 'ordered';
  /** Milliseconds since 1970 of the first ordered ID. */
  readonly idsFromMs: number;
}

export const TOPICS = [
  'orders.created',
  'orders.paid',
  'orders.shipped',
  'users.signed-up',
  'users.signed-in',
  'carts.updated',
  'payments.settled',
  'payments.failed',
  'stock.changed',
  'mails.delivered',
] as const;

/** Ordered IDs of the same millisecond. */
const IDS_PER_MS = 50;
/** Of the first event of every run. */
export const START_TIME_MS = Date.UTC(2026, 0, 1);

export function topicAt({ seed }: EventSource, index: number): string {
  return TOPICS[numberAt(seed ^ 0x7091c, index) % TOPICS.length] as string;
}

/**
 *     6e6f7420-7265-4007-8ead-616c6c792061      random: 4, then the run; 9 more digits are random
 *     019b76da-a800-7007-8ead-616c6c792061      ordered: 12 digits of milliseconds, 7, the run
 */
export function eventIdAt({ seed, run, ids, idsFromMs }: EventSource, index: number): string {
  const own = mix(seed) ^ mix(run);
  const first = numberAt(own, index);
  const second = numberAt(own ^ 0x1d, index);
  const third = numberAt(own ^ 0x2d, index);
  const tail = `${hex(run, 3)}-8${hex(second, 3)}-${hex(third, 8)}`;
  if (ids === 'random') return `${hex(first, 8)}-${hex(second >>> 12, 4)}-4${tail}${hex(first, 4)}`;
  const ms = hex(idsFromMs + Math.floor(index / IDS_PER_MS), 12);
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${tail}${hex(first, 4)}`;
}

/** The event with this index as JSON, about 200 bytes: the same whenever it is made. */
export function eventAt(source: EventSource, index: number): string {
  const one = numberAt(source.seed ^ 0x3d, index);
  const timestamp = new Date(START_TIME_MS + (index % 86_400_000)).toISOString();
  return (
    `{"topic":"${topicAt(source, index)}","event_id":"${eventIdAt(source, index)}",` +
    `"timestamp":"${timestamp}","source":"shop-${10 + (one % 20)}",` +
    `"payload":{"n":${index},"amount":${(one % 100_000) / 100},"customer":"client-${hex(one, 8)}"}}`
  );
}
