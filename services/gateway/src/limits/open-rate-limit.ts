import { openCommands } from '@oncelog/event-stream';
import type { createRedisMetrics } from '@oncelog/service-kit';
import type { RequestHandler } from 'express';
import { type RateLimitConfig, type RateLimitDeps, rateLimit } from './rate-limit.ts';

export interface OpenRateLimitDeps extends Omit<RateLimitDeps, 'sendCommand'> {
  readonly opened: AsyncDisposableStack;
  readonly observer?: ReturnType<typeof createRedisMetrics>;
}

export interface OpenRateLimitConfig extends RateLimitConfig {
  readonly redisUrl: string;
}

/** A request waits so long to be counted, and then shares the fate of those that cannot be. */
const COUNT_TIMEOUT_MS = 500;

/** The rate limit over a connection of its own, so that what is counted never waits for what is appended; undefined without a limit. */
export function openRateLimit(
  deps: OpenRateLimitDeps,
  config: OpenRateLimitConfig,
): RequestHandler | undefined {
  if (config.rateLimitRequests === 0) return undefined;
  const counters = openCommands({
    url: config.redisUrl,
    name: `${config.streamPrefix}-counters`,
    replyTimeoutMs: COUNT_TIMEOUT_MS,
    log: deps.log,
    ...(deps.observer === undefined ? {} : { observer: deps.observer }),
  });
  deps.opened.defer(() => counters.close());
  return rateLimit({ ...deps, sendCommand: counters.send }, config);
}
