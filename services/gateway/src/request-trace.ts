import { passThroughTracer, readTraceparent, type Span, type Tracer } from '@oncelog/service-kit';
import type { Request, Response } from 'express';

/** Asked for all the time, held open for hours, or files: nothing that a trace would tell. */
const UNTRACED = /^\/(health|metrics|live|tail|dashboard|docs)(\/|$)/;

/**
 * The trace of a request, as its `traceparent` header gives it; a header that is none is ignored, as W3C Trace Context
 * asks. Where traces are exported, a span of the request.
 *
 * @returns undefined where there is nothing to trace; a header is looked up, and nothing else done
 */
export function startRequestSpan(tracer: Tracer, request: Request): Span | undefined {
  const header = request.headers['traceparent'];
  if (header === undefined && !tracer.exporting) return undefined;
  const parent = typeof header === 'string' ? readTraceparent(header) : undefined;
  const isTraced = tracer.exporting && !UNTRACED.test(request.path);
  if (!isTraced && parent === undefined) return undefined;
  if (!isTraced) return passThroughTracer.startSpan(request.method, { kind: 'server', parent });
  const attributes = {
    'http.request.method': request.method,
    'url.path': request.path,
    'url.scheme': request.protocol,
    'network.protocol.version': request.httpVersion,
    'user_agent.original': request.get('User-Agent'),
  };
  return tracer.startSpan(request.method, { kind: 'server', parent, attributes });
}

/** Ends the span of a request that is answered, or whose client has gone. */
export function endRequestSpan(
  span: Span,
  { request, response }: { request: Request; response: Response },
): void {
  const { statusCode: status } = response;
  const route = (request.route as { path?: string } | undefined)?.path;
  if (route !== undefined) span.rename(`${request.method} ${route}`);
  span.set({
    'http.route': route,
    'http.response.status_code': response.headersSent ? status : undefined,
    'oncelog.request_id': response.locals['requestId'] as string,
  });
  if (!response.writableFinished) span.end('client_went_away');
  else span.end(status >= 500 ? String(status) : undefined);
}

/** Where the work that a request asks for is in a trace. */
export function traceparentOf(response: Response): string | undefined {
  return response.locals['traceparent'] as string | undefined;
}
