import { STATUS_CODES } from 'node:http';
import type { AnswerRefused, Logger, RefusedRequest } from '@oncelog/service-kit';
import type { LineLimit } from '../limits/line-limit.ts';
import type { GatewayMetrics } from '../metrics.ts';
import { Problem, problemDocument } from '../problem.ts';
import { SAFE_HEADERS } from './answer-headers.ts';

export interface AnswerRefusedDeps {
  readonly log: Logger;
  readonly lineLimit: LineLimit;
  readonly metrics: Pick<GatewayMetrics, 'refusedRequests'>;
  readonly newRequestId: () => string;
  /** The methods that a path takes, as `Allow` has them; undefined where there is nothing. */
  readonly allowedAt: (pathname: string) => string | undefined;
}

/** Answers what is refused before it is a request with a problem document as well, and logs and counts it. */
export function createAnswerRefused(deps: AnswerRefusedDeps): AnswerRefused {
  return (refused) => {
    const allow = deps.allowedAt((refused.target ?? '').split('?', 1)[0] ?? '');
    const problem = problemOf(refused, allow);
    const { code, status } = problem;
    const requestId = deps.newRequestId();
    deps.metrics.refusedRequests.inc({ code });
    if (deps.lineLimit.admits(code)) {
      const { reason, address } = refused;
      deps.log.info({ requestId, code, status, reason, address }, 'request refused unread');
    }
    const body = problemDocument(problem, requestId);
    const headers: Record<string, string> = {
      Date: new Date().toUTCString(),
      ...SAFE_HEADERS,
      'X-Request-Id': requestId,
      ...(code === 'method-not-allowed' && allow !== undefined ? { Allow: allow } : {}),
      'Content-Type': 'application/problem+json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      Connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
  };
}

function problemOf({ status }: RefusedRequest, allow: string | undefined): Problem {
  switch (status) {
    case 400:
      return new Problem('bad-request', { detail: 'This is not HTTP as RFC 9112 has it.' });
    case 405:
      return allow === undefined
        ? new Problem('not-found', { detail: 'See GET / for what there is.' })
        : new Problem('method-not-allowed', { detail: `This path takes ${allow}.` });
    case 408:
      return new Problem('request-timeout', { detail: 'The request came too slowly. Send it again.' });
    case 413:
      return new Problem('body-too-large', { detail: 'The extensions of a chunk are too long.' });
    case 431:
      return new Problem('headers-too-large', {
        detail: 'Request line and headers may have at most 16 KiB together.',
      });
  }
}
