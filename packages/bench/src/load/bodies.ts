import { eventAt } from './events.ts';
import { batchesOf, type LoadPlan } from './plan.ts';

/** The request bodies of a run, complete before its clock starts. */
export function bodiesOf(plan: LoadPlan): Buffer[] {
  return batchesOf(plan).map((indices) => {
    const events = Array.from(indices, (index) => eventAt(plan, index));
    return Buffer.from(`{"events":[${events.join(',')}]}`);
  });
}
