/** The range of a waiting time, in milliseconds. */
export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * How long to wait after failed attempt number `attempt` (from 1): anything between nothing and an exponentially
 * growing, capped ceiling, so that clients that failed together do not come back together.
 *
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("full jitter").
 *
 * @param random a number in [0, 1)
 */
export function fullJitterMs(attempt: number, { baseMs, capMs }: Backoff, random: number): number {
  return Math.floor(random * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
}
