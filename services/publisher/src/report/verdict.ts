import type { Plan } from '../generate/plan.ts';
import type { Totals } from '../run/accounting.ts';

export interface Findings {
  readonly expected: Pick<Plan, 'total' | 'unique' | 'duplicates'>;
  /** Events in batches that were accepted. */
  readonly published: number;
  readonly totals: Readonly<Totals>;
  /** Batches without a receipt when the wait was over. */
  readonly outstanding: number;
  readonly repeatedIds: number;
}

/** What is not as it must be, a sentence each; none means that the run is exact. */
export function differences({ expected, published, totals, outstanding, repeatedIds }: Findings): string[] {
  return [
    differs('published', published, expected.total),
    outstanding > 0 && `${outstanding} batches were accepted but not applied in time (SETTLE_TIMEOUT)`,
    repeatedIds > 0 && `the gateway answered ${repeatedIds} batches with the id of another batch`,
    differs('received', totals.received, published),
    differs('unique_processed', totals.uniqueProcessed, expected.unique),
    differs('duplicate_dropped', totals.duplicateDropped, expected.duplicates),
    differs('dead_lettered', totals.deadLettered, 0),
    wereStoredBefore(expected, totals) &&
      'events of this run were stored before it: has another run used the same RUN_ID?',
  ].filter((difference) => typeof difference === 'string');
}

function differs(name: string, actual: number, expected: number): string | false {
  return actual !== expected && `${name} is ${actual}, expected ${expected}`;
}

function wereStoredBefore({ total, unique }: Findings['expected'], totals: Readonly<Totals>): boolean {
  return totals.received === total && totals.uniqueProcessed < unique;
}
