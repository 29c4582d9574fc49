import type { LoadPlan } from '../load/plan.ts';
import type { MeasureContext } from '../measure.ts';

const BATCH_SIZE = 100;
const SECONDS = 10;
const QUICK_SECONDS = 2;

export interface HalfRate {
  /** Requests. */
  readonly perSecond: number;
  readonly seconds: number;
  readonly planOf: (run: number) => LoadPlan;
}

/** Half of what B1 has reached, in batches of 100. */
export function halfRate({ options, resultOf }: MeasureContext): HalfRate {
  const perSecond = Math.max(1, Math.round((resultOf('B1').value as number) / 2 / BATCH_SIZE));
  const seconds = options.quick ? QUICK_SECONDS : SECONDS;
  const planOf = (run: number): LoadPlan => ({
    seed: options.seed,
    run,
    ids: 'random',
    idsFromMs: 0,
    events: perSecond * seconds * BATCH_SIZE,
    batchSize: BATCH_SIZE,
  });
  return { perSecond, seconds, planOf };
}

/** More than are ever busy: a request waits for a connection only where the gateway has stopped answering. */
export const OPEN_LOOP_CONNECTIONS = 64;
