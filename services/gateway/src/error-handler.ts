import { type Logger, traceFields } from '@oncelog/service-kit';
import type { ErrorRequestHandler } from 'express';
import { requestFields } from './auth/principal.ts';
import { answerEarly } from './early-answer.ts';
import type { LineLimit } from './limits/line-limit.ts';
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
  readonly lineLimit: LineLimit;
  readonly metrics: Pick<GatewayMetrics, 'refusedRequests'>;
}

/** Answers every failure with a problem document; logs what the client cannot be told. */
export function errorHandler({ log, lineLimit, metrics }: ErrorHandlerDeps): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const problem = asProblem(error);
    metrics.refusedRequests.inc({ code: problem.code });
    response.locals['code'] = problem.code;
    if (problem.status >= 500 && lineLimit.admits(problem.code)) {
      const level = problem.code === 'internal' ? 'error' : 'warn';
      const trace = traceFields(traceparentOf(response));
      log[level](
        { ...requestFields(response), code: problem.code, ...trace, err: problem.cause ?? error },
        'request failed',
      );
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (request.complete) sendProblem(response, problem);
    else sendProblem(response, problem, (text) => answerEarly(request, response, text));
  };
}

/** Codes of zlib, of Brotli, and of Node.js for what follows their end. */
const BROKEN_ENCODING = /^(?:Z_|ERR__ERROR_FORMAT|ERR_TRAILING_JUNK)/;

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
  if (typeof code === 'string' && BROKEN_ENCODING.test(code)) {
    return new Problem('malformed-encoding', { detail: 'The body is not what its Content-Encoding says.' });
  }
  if (status !== undefined && status >= 400 && status < 500) {
    return new Problem('bad-request', { detail: 'The request could not be read.' });
  }
  return new Problem('internal', { detail: 'Something went wrong in the gateway.', cause: error });
}
