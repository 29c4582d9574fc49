import type { IncomingMessage } from 'node:http';
import { isPaced, type Logger, traceFields } from '@oncelog/service-kit';
import type { ErrorRequestHandler } from 'express';
import { answerEarly } from './early-answer.ts';
import type { GatewayMetrics } from './metrics.ts';
import { Problem, sendProblem } from './problem.ts';
import { traceparentOf } from './request-trace.ts';

/** What body-parser and Express throw, by their `type` or `status`. */
interface HttpError {
  readonly type?: string;
  readonly status?: number;
  readonly limit?: number;
  readonly code?: string;
}

export interface ErrorHandlerDeps {
  readonly log: Logger;
  readonly metrics: Pick<GatewayMetrics, 'refusedRequests'>;
}

/** Answers every failure with a problem document; logs what the client cannot be told. */
export function errorHandler({ log, metrics }: ErrorHandlerDeps): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const problem = asProblem(error);
    metrics.refusedRequests.inc({ code: problem.code });
    const requestId = response.locals['requestId'] as string;
    if (problem.status >= 500) {
      const level = problem.code === 'internal' ? 'error' : 'warn';
      const trace = traceFields(traceparentOf(response));
      log[level]({ requestId, code: problem.code, ...trace, err: problem.cause ?? error }, 'request failed');
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // who sends a large body must not lose the answer that it needs another key: it would try for ever
    const lingers = isPaced(request) || problem.status === 401 || problem.status === 403;
    const isUnread = !request.complete && hasBody(request);
    if (isUnread && lingers) {
      sendProblem(response, problem, (text) => answerEarly(request, response, text));
      return;
    }
    // the rest of a body that was refused is not read: the connection cannot be used again
    if (isUnread) response.set('Connection', 'close');
    sendProblem(response, problem);
  };
}

/** Of a request without one the end is not seen yet, where it is refused at once. */
function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/** What a failure is to the client. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { type, status, limit, code } = error as HttpError;
  if (type === 'entity.too.large') {
    return new Problem('body-too-large', {
      detail: `The body may have at most ${limit} bytes when decompressed.`,
    });
  }
  if (type === 'encoding.unsupported') {
    return new Problem('unsupported-encoding', {
      detail: 'Content-Encoding may be gzip, deflate, br or identity.',
    });
  }
  if (typeof code === 'string' && (code.startsWith('Z_') || code.startsWith('ERR__ERROR_FORMAT'))) {
    return new Problem('malformed-encoding', { detail: 'The body is not what its Content-Encoding says.' });
  }
  if (status !== undefined && status >= 400 && status < 500) {
    return new Problem('bad-request', { detail: 'The request could not be read.' });
  }
  return new Problem('internal', { detail: 'Something went wrong in the gateway.', cause: error });
}
