import type { Database } from '@oncelog/event-store';
import type { Logger, Registry } from '@oncelog/service-kit';
import { type Following, follow } from './follow.ts';
import { createHub, HUB_DEFAULTS, type HubConfig } from './hub.ts';
import { createLane } from './lane.ts';
import { createTailMetrics } from './tail-metrics.ts';

export interface TailDeps {
  /** Reads for all who follow, on a connection of its own. */
  readonly database: Database;
  /** Reads for those who resume from further back, on another one. */
  readonly resumeDatabase: Database;
  readonly log: Logger;
  readonly registry: Registry;
  readonly random: () => number;
  /** A clock that nobody sets, in ms. */
  readonly elapsedMs: () => number;
}

/** The live tail of this gateway. */
export interface Tail {
  /** Sends what the filter takes from a place on; resolves when the client is gone. */
  follow(following: Following): Promise<void>;
  stop(): void;
}

export function createTail(deps: TailDeps, config: Partial<HubConfig> = {}): Tail {
  const metrics = createTailMetrics(deps.registry);
  const hub = createHub({ ...deps, metrics }, { ...HUB_DEFAULTS, ...config });
  const lane = createLane(deps.elapsedMs);
  return {
    follow: (following) => follow({ ...deps, hub, lane, metrics, database: deps.resumeDatabase }, following),
    stop: () => hub.stop(),
  };
}
