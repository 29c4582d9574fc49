import type { Logger } from '@oncelog/service-kit';
import type { RequestHandler } from 'express';
import { rateLimit as createRateLimit } from 'express-rate-limit';
import type { GatewayMetrics } from '../metrics.ts';
import { Problem } from '../problem.ts';
import { clientOf, type KeyIdOf } from './client-of.ts';
import { createCounterStore, type SendCommand } from './counter-store.ts';
import type { LineLimit } from './line-limit.ts';

export interface RateLimitDeps {
  readonly sendCommand: SendCommand;
  readonly log: Logger;
  readonly lineLimit: LineLimit;
  readonly metrics: Pick<GatewayMetrics, 'uncountedRequests'>;
  /** Where this gateway asks for keys. */
  readonly keyIdOf?: KeyIdOf | undefined;
}

export interface RateLimitConfig {
  readonly streamPrefix: string;
  readonly rateLimitRequests: number;
  readonly rateLimitWindowSeconds: number;
  readonly rateLimitOnStoreFailure: 'open' | 'closed';
}

/** Paths that are not counted: a probe that is refused would take the gateway out of service. */
export const PROBES: ReadonlySet<string> = new Set(['/health', '/health/live', '/health/ready']);

/**
 * Counts requests by client, in Redis, and refuses with 429 those beyond the limit. Every answer says in `RateLimit-…`
 * headers how many are left. A Redis that does not answer holds nobody up for longer than its connection waits.
 */
export function rateLimit(deps: RateLimitDeps, config: RateLimitConfig): RequestHandler {
  const { log, lineLimit, metrics } = deps;
  const store = createCounterStore(deps.sendCommand, config.streamPrefix);
  const letThrough = (cause: unknown): void => {
    metrics.uncountedRequests.inc();
    if (lineLimit.admits('uncounted'))
      log.warn({ err: cause }, 'a request could not be counted: let through');
  };
  const limiter = createRateLimit({
    store,
    limit: config.rateLimitRequests,
    windowMs: config.rateLimitWindowSeconds * 1_000,
    keyGenerator: (request) => clientOf(request, deps.keyIdOf),
    skip: ({ path }) => PROBES.has(path),
    standardHeaders: 'draft-6',
    legacyHeaders: false,
    passOnStoreError: config.rateLimitOnStoreFailure === 'open',
    handler: (request, response, next) => {
      // for the log: nobody else looks at the key of a request that is refused here
      response.locals['keyId'] = deps.keyIdOf?.(request);
      const detail = `This client may send ${config.rateLimitRequests} requests in ${config.rateLimitWindowSeconds} s. Retry-After says when the next ones are taken.`;
      next(new Problem('too-many-requests', { detail }));
    },
    logger: { error: letThrough, warn: () => {} },
    validate: false, // its advice is for developers
  });
  return (request, response, next) => {
    void limiter(request, response, (error?: unknown) => {
      next(error === undefined || error instanceof Problem ? error : notCounted(error));
    });
  };
}

function notCounted(cause: unknown): Problem {
  const detail = 'The gateway cannot count requests now, and takes none. Send it again later.';
  return new Problem('limits-unavailable', { detail, retryAfterSeconds: 1, cause });
}
