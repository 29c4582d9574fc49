import { duplicateCount } from './duplicate-count.ts';
import { integer, type Random, randomAt } from './random.ts';

/**
 * Which unique event stands at which position of a run. Every unique event stands there at least once; each
 * further time is a duplicate.
 *
 * ```
 * unique 4, duplicates 2, batch size 3:      [2 0 3] [0 1 2]
 *                                             batch 0 batch 1     0 and 2 stand there twice
 * ```
 */
export interface Plan {
  readonly total: number;
  readonly unique: number;
  readonly duplicates: number;
  readonly batchCount: number;
  /** Indices of unique events, by position: 4 bytes for each event is all that a run keeps of it. */
  readonly order: Int32Array;
  readonly batchSize: number;
}

export interface PlanInput {
  readonly totalEvents: number;
  readonly duplicateRate: number;
  readonly batchSize: number;
  readonly seed: number;
}

/** The plan of a run: a pure function of its input. Shuffles 10 million events in about a second. */
export function createPlan({ totalEvents, duplicateRate, batchSize, seed }: PlanInput): Plan {
  const duplicates = duplicateCount(totalEvents, duplicateRate);
  const unique = totalEvents - duplicates;
  const random = randomAt(seed, -1);
  const order = new Int32Array(totalEvents);
  for (let position = 0; position < unique; position++) order[position] = position;
  for (let position = unique; position < totalEvents; position++) {
    order[position] = integer(random, 0, unique - 1);
  }
  shuffle(order, random);
  return {
    total: totalEvents,
    unique,
    duplicates,
    batchCount: Math.ceil(totalEvents / batchSize),
    order,
    batchSize,
  };
}

/** The unique events of batch `number` (from 0), as indices, in the order in which they are sent. */
export function indicesOfBatch({ order, batchSize }: Plan, number: number): Int32Array {
  return order.subarray(number * batchSize, (number + 1) * batchSize);
}

// Fisher and Yates, as in Knuth, The Art of Computer Programming, volume 2, algorithm P.
function shuffle(items: Int32Array, random: Random): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = integer(random, 0, last);
    const held = items[last] as number;
    items[last] = items[other] as number;
    items[other] = held;
  }
}
