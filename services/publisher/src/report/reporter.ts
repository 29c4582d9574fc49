import type { Plan } from '../generate/plan.ts';
import type { Report } from './report.ts';

/** Where a run tells what it is doing. Called often: a reporter limits by itself what it shows. */
export interface Reporter {
  started(run: RunDescription): void;
  /** How many events have been accepted. */
  sent(published: number): void;
  /** Requests are failing and being retried; called at most every few seconds. */
  retrying(trouble: Trouble): void;
  /** All is sent; how many batches have no receipt yet. */
  settling(outstanding: number): void;
  finished(report: Report): void;
  /** The run ended before its end: nothing is known about its exactness. */
  stopped(failure: Failure): void;
}

interface RunDescription {
  readonly targetUrl: string;
  readonly plan: Pick<Plan, 'total' | 'unique' | 'duplicates' | 'batchCount'>;
  readonly seed: number;
  readonly runId: string;
}

export interface Trouble {
  /** `POST /publish`. */
  readonly request: string;
  readonly reason: string;
  /** Failed attempts since the last call. */
  readonly failures: number;
}

interface Failure {
  readonly error: unknown;
  readonly published: number;
}
