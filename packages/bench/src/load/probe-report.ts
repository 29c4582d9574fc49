import type { Latencies } from '../statistics.ts';

export interface ProbeInput {
  readonly url: string;
  readonly probes: number;
  readonly perSecond: number;
}

export interface ProbeReport {
  /** From 202 to the answer of `GET /events` that shows the event. */
  readonly freshnessMs: Latencies;
  readonly probes: number;
  /** Looks in vain. */
  readonly polls: number;
}
