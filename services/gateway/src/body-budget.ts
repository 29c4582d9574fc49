import type { GatewayMetrics } from './metrics.ts';
import { Problem } from './problem.ts';

/** The memory that request bodies may take, all together. */
export interface BodyBudget {
  /**
   * @param client whose it is: one that has some already gets no more than half of all
   * @throws {Problem} `overloaded`, and nothing is reserved, where so much is not left
   */
  reserve(bytes: number, client: string): void;
  release(bytes: number, client: string): void;
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
  const ofClients = new Map<string, number>();
  return {
    maxBytes: maxInFlightBytes,
    reserve(bytes, client) {
      if (inFlightBodies.bytes + bytes > maxInFlightBytes) throw overloaded();
      const held = ofClients.get(client) ?? 0;
      if (held > 0 && held + bytes > maxInFlightBytes / 2) throw overloaded();
      ofClients.set(client, held + bytes);
      inFlightBodies.bytes += bytes;
    },
    release(bytes, client) {
      inFlightBodies.bytes -= bytes;
      const left = (ofClients.get(client) ?? 0) - bytes;
      if (left > 0) ofClients.set(client, left);
      else ofClients.delete(client);
    },
  };
}

/** A part of a budget: what is reserved here counts there, and never takes more than this part. */
export function shareOf(budget: BodyBudget, maxBytes: number): BodyBudget {
  let reserved = 0;
  return {
    maxBytes,
    reserve(bytes, client) {
      if (reserved + bytes > maxBytes) throw overloaded();
      budget.reserve(bytes, client);
      reserved += bytes;
    },
    release(bytes, client) {
      budget.release(bytes, client);
      reserved -= bytes;
    },
  };
}

function overloaded(): Problem {
  const detail = 'The gateway has too many bodies in memory. Send the request again later.';
  return new Problem('overloaded', { detail, retryAfterSeconds: 1 });
}
