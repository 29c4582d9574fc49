import type { Latencies } from '../statistics.ts';

export interface LoadInput {
  readonly url: string;
  readonly connections: number;
  /** Requests; without it each connection sends as fast as it is answered. */
  readonly perSecond?: number;
}

/** What the load generator has seen. Times by the clock that all processes share. */
export interface LoadReport {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly latencyMs: Latencies;
  readonly cpuSeconds: number;
  /** Requests that were answered 429 or 503, and sent again. */
  readonly retries: number;
}
