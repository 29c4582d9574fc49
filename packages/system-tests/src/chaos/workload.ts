import type { Event } from '@oncelog/event-schema';
import { chance, eventAt, integer, type Random, randomAt } from '@oncelog/publisher';

/** Names one batch of a run. */
export interface BatchName {
  readonly publisher: number;
  /** From 0, by publisher. */
  readonly number: number;
}

/** By how much the range of keys moves on from one batch of a publisher to its next, and how wide it is. */
const KEYS_PER_STEP = 120;
const KEYS_IN_REACH = 400;
const START_TIME_MS = Date.UTC(2026, 0, 1);

/**
 * The indices of a batch's events, in the order in which they are sent. All publishers draw from the same range at the
 * same step: keys repeat within a batch, across batches, and in batches that are applied at the same time, each in an
 * order of its own.
 */
export function indicesAt(seed: number, { publisher, number }: BatchName): number[] {
  const random = randomAt(seed, 1_000_000 * (publisher + 1) + number);
  const size = chance(random, 10) ? integer(random, 200, 400) : integer(random, 1, 100);
  const from = number * KEYS_PER_STEP;
  return Array.from({ length: size }, () => from + integer(random, 0, KEYS_IN_REACH - 1));
}

/** The event with this index, always the same: what a batch says of a key does not depend on the batch. */
export function chaosEvent(seed: number, index: number): Event {
  const event = eventAt({ seed, runId: `chaos-${seed}`, startTimeMs: START_TIME_MS }, index);
  return { ...event, payload: { ...event.payload, ...oddities(randomAt(seed, -2 - index), index) } };
}

export function chaosEvents(seed: number, name: BatchName): Event[] {
  return indicesAt(seed, name).map((index) => chaosEvent(seed, index));
}

/** What a store might change: case, order, escapes, precision, white space. */
function oddities(random: Random, index: number): Record<string, unknown> {
  return {
    index,
    z: null,
    a: [[], {}, '', 0, -0.000001, 1e21, Number.MAX_SAFE_INTEGER - index],
    Ünïcödé: `"quoted" \\ / \b\f\n\r\t \u007f é 日本 ${String.fromCodePoint(0x1f600 + integer(random, 0, 60))}`,
    text: '$json$'.repeat(integer(random, 0, 3)),
    padding: ' '.repeat(integer(random, 0, 200)),
  };
}
