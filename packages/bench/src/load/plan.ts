import type { EventSource } from './events.ts';
import { numberAt } from './random.ts';

/** What one run sends. */
export interface LoadPlan extends EventSource {
  readonly events: number;
  readonly batchSize: number;
}

const DUPLICATE_PERCENT = 30;

export interface LoadCounts {
  readonly events: number;
  readonly unique: number;
  readonly duplicates: number;
  readonly batches: number;
}

export function countsOf({ events, batchSize }: LoadPlan): LoadCounts {
  const duplicates = Math.floor((events * DUPLICATE_PERCENT) / 100);
  return { events, unique: events - duplicates, duplicates, batches: Math.ceil(events / batchSize) };
}

/**
 * Which event stands at which position. Unique events come first in the order of their indices; the duplicates are
 * spread at random between them, each of any event that came before it.
 *
 *     0 1 1 2 0 3 4 …
 */
export function orderOf(plan: LoadPlan): Int32Array {
  const counts = countsOf(plan);
  const order = new Int32Array(plan.events);
  let { duplicates } = counts;
  let fresh = 0;
  for (let position = 0; position < plan.events; position += 1) {
    const left = plan.events - position;
    // selection sampling (Knuth, The Art of Computer Programming, volume 2, algorithm S): exactly as many as wanted
    const chosen = numberAt(plan.seed ^ 0x5d, position) % left < duplicates;
    if (chosen && fresh > 0) {
      duplicates -= 1;
      order[position] = numberAt(plan.seed ^ 0x4d, position) % fresh;
    } else order[position] = fresh++;
  }
  return order;
}

/** The indices of each batch, in the order in which they are sent. */
export function batchesOf(plan: LoadPlan): Int32Array[] {
  const order = orderOf(plan);
  return Array.from({ length: countsOf(plan).batches }, (_, number) =>
    order.subarray(number * plan.batchSize, (number + 1) * plan.batchSize),
  );
}
