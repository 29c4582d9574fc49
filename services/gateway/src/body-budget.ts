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
  const account = createAccount(maxInFlightBytes);
  return {
    maxBytes: maxInFlightBytes,
    reserve(bytes, client) {
      account.demandRoom(bytes, client);
      account.add(bytes, client);
      inFlightBodies.bytes += bytes;
    },
    release(bytes, client) {
      account.add(-bytes, client);
      inFlightBodies.bytes -= bytes;
    },
  };
}

/** A part of a budget: what is reserved here counts there, and never takes more than this part. */
export function shareOf(budget: BodyBudget, maxBytes: number): BodyBudget {
  const account = createAccount(maxBytes);
  return {
    maxBytes,
    reserve(bytes, client) {
      account.demandRoom(bytes, client);
      budget.reserve(bytes, client);
      account.add(bytes, client);
    },
    release(bytes, client) {
      budget.release(bytes, client);
      account.add(-bytes, client);
    },
  };
}

/** Who has how much of `maxBytes`. */
function createAccount(maxBytes: number) {
  const ofClients = new Map<string, number>();
  let total = 0;
  return {
    demandRoom(bytes: number, client: string): void {
      if (total + bytes > maxBytes) throw overloaded();
      const held = ofClients.get(client) ?? 0;
      if (held > 0 && held + bytes > maxBytes / 2) throw overloaded();
    },
    add(bytes: number, client: string): void {
      total += bytes;
      const held = (ofClients.get(client) ?? 0) + bytes;
      if (held > 0) ofClients.set(client, held);
      else ofClients.delete(client);
    },
  };
}

function overloaded(): Problem {
  const detail = 'The gateway has too many bodies in memory. Send the request again later.';
  return new Problem('overloaded', { detail, retryAfterSeconds: 1 });
}
