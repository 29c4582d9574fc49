import type { Logger } from '@oncelog/service-kit';
import type { RequestHandler } from 'express';
import type { GatewayMetrics } from './metrics.ts';

export interface RequestContextDeps {
  readonly log: Logger;
  readonly metrics: GatewayMetrics;
  readonly newRequestId: () => string;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Gives each request an ID (the client's, where it sends a fit one), and logs and measures its answer. */
export function requestContext({ log, metrics, newRequestId }: RequestContextDeps): RequestHandler {
  return (request, response, next) => {
    const given = request.get('X-Request-Id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : newRequestId();
    response.locals['requestId'] = requestId;
    response.setHeader('X-Request-Id', requestId);
    const startedAt = performance.now();
    // also when the client went away before it was answered
    response.on('close', () => {
      const { statusCode: status } = response;
      const route = (request.route as { path?: string } | undefined)?.path ?? 'unknown';
      const seconds = (performance.now() - startedAt) / 1_000;
      metrics.requestSeconds.observe({ method: request.method, route, status }, seconds);
      const level = status >= 500 ? 'warn' : status >= 400 ? 'info' : 'debug';
      log[level](
        { requestId, method: request.method, route, status, seconds },
        response.writableFinished ? 'request answered' : 'client went away',
      );
    });
    next();
  };
}
