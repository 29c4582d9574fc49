import { type Logger, type Tracer, traceFields } from '@oncelog/service-kit';
import type { RequestHandler } from 'express';
import { requestFields } from './auth/principal.ts';
import type { LineLimit } from './limits/line-limit.ts';
import type { GatewayMetrics } from './metrics.ts';
import { endRequestSpan, startRequestSpan } from './request-trace.ts';

export interface RequestContextDeps {
  readonly log: Logger;
  readonly lineLimit: LineLimit;
  readonly metrics: GatewayMetrics;
  readonly newRequestId: () => string;
  readonly tracer: Tracer;
}

/** Nothing was sent: no status of ours. (nginx's number for a client that closed its request.) */
const CLIENT_GONE = 499;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Gives each request an ID (the client's, where it sends a fit one), and logs, measures and traces its answer. */
export function requestContext(deps: RequestContextDeps): RequestHandler {
  const { log, lineLimit, metrics, newRequestId, tracer } = deps;
  return (request, response, next) => {
    const given = request.get('X-Request-Id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : newRequestId();
    response.locals['requestId'] = requestId;
    response.setHeader('X-Request-Id', requestId);
    const span = startRequestSpan(tracer, request);
    if (span !== undefined) response.locals['traceparent'] = span.traceparent;
    const startedAt = performance.now();
    // also when the client went away before it was answered
    response.on('close', () => {
      const status = response.headersSent ? response.statusCode : CLIENT_GONE;
      const route =
        (response.locals['route'] as string | undefined) ??
        (request.route as { path?: string } | undefined)?.path ??
        'unknown';
      const seconds = (performance.now() - startedAt) / 1_000;
      metrics.requests.answered(request.method, route, status, seconds);
      const level = status >= 500 ? 'warn' : status >= 400 ? 'info' : 'debug';
      const code = response.locals['code'] as string | undefined;
      if (status < 400 || lineLimit.admits(`answered ${code ?? status}`)) {
        log[level](
          {
            ...requestFields(response),
            method: request.method,
            route,
            status,
            code,
            seconds,
            ...traceFields(span?.traceparent),
          },
          response.writableFinished ? 'request answered' : 'client went away',
        );
      }
      if (span !== undefined) endRequestSpan(span, { request, response });
    });
    next();
  };
}
