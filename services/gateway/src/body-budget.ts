import type { GatewayMetrics } from './metrics.ts';
import { Problem } from './problem.ts';

/** The memory that request bodies may take, all together. */
export interface BodyBudget {
  /** @throws {Problem} `overloaded`, and nothing is reserved, where so much is not left */
  reserve(bytes: number): void;
  release(bytes: number): void;
  /** The most that one request can reserve. */
  readonly maxBytes: number;
}

export interface BodyBudgetDeps {
  readonly metrics: Pick<GatewayMetrics, 'inFlightBodies'>;
}

export function createBodyBudget(
  { metrics: { inFlightBodies } }: BodyBudgetDeps,
  { maxInFlightBytes }: { readonly maxInFlightBytes: number },
): BodyBudget {
  return {
    maxBytes: maxInFlightBytes,
    reserve(bytes) {
      if (inFlightBodies.bytes + bytes > maxInFlightBytes) throw overloaded();
      inFlightBodies.bytes += bytes;
    },
    release(bytes) {
      inFlightBodies.bytes -= bytes;
    },
  };
}

/** A part of a budget: what is reserved here counts there, and never takes more than this part. */
export function shareOf(budget: BodyBudget, maxBytes: number): BodyBudget {
  let reserved = 0;
  return {
    maxBytes,
    reserve(bytes) {
      if (reserved + bytes > maxBytes) throw overloaded();
      budget.reserve(bytes);
      reserved += bytes;
    },
    release(bytes) {
      budget.release(bytes);
      reserved -= bytes;
    },
  };
}

function overloaded(): Problem {
  const detail = 'The gateway has too many bodies in memory. Send the request again later.';
  return new Problem('overloaded', { detail, retryAfterSeconds: 1 });
}
