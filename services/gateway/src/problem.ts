import type { KeptLines, ProblemDetails, Violation } from '@oncelog/event-schema';
import type { Response } from 'express';

/** Everything that can go wrong, with its HTTP status. Codes are part of the contract and never change. */
export const PROBLEMS = {
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  'malformed-encoding': { status: 400, title: 'The body could not be decompressed' },
  'bad-request': { status: 400, title: 'The request could not be read' },
  unauthenticated: { status: 401, title: 'There is no valid API key' },
  forbidden: { status: 403, title: 'This is not allowed' },
  'not-found': { status: 404, title: 'There is nothing at this path' },
  'method-not-allowed': { status: 405, title: 'This path does not take this method' },
  'request-timeout': { status: 408, title: 'The request came too slowly' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'uri-too-long': { status: 414, title: 'The path and its query are too long' },
  'unsupported-media-type': { status: 415, title: 'The body has a type that is not taken here' },
  'unsupported-encoding': { status: 415, title: 'The body has an encoding that is not taken here' },
  'invalid-batch': { status: 422, title: 'The batch breaks the rules of the schema' },
  'invalid-cloudevent': { status: 422, title: 'The CloudEvent breaks the rules' },
  'invalid-filter': { status: 422, title: 'The filter breaks the rules' },
  'invalid-query': { status: 422, title: 'The query has parameters that break the rules' },
  'invalid-idempotency-key': { status: 422, title: 'The Idempotency-Key breaks the rules' },
  'invalid-last-event-id': { status: 422, title: 'The Last-Event-ID names no place that can be resumed' },
  'invalid-sign-in': { status: 422, title: 'The sign-in breaks the rules' },
  'not-replayable': { status: 422, title: 'The dead letter cannot be published again' },
  'too-many-requests': { status: 429, title: 'There were too many requests' },
  'headers-too-large': { status: 431, title: 'The headers of the request are too many or too large' },
  internal: { status: 500, title: 'The gateway failed' },
  'backlog-full': { status: 503, title: 'Too many events wait to be processed' },
  'stream-unavailable': { status: 503, title: 'The event stream is not available' },
  'query-timeout': { status: 503, title: 'The query took too long' },
  'store-unavailable': { status: 503, title: 'The event store is not available' },
  'limits-unavailable': { status: 503, title: 'Requests cannot be counted now' },
  overloaded: { status: 503, title: 'The gateway has too much in hand' },
  stopping: { status: 503, title: 'The gateway stops' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

export interface ProblemOptions extends ErrorOptions {
  /** For the client: nothing internal. */
  readonly detail: string;
  readonly errors?: readonly Violation[];
  readonly retryAfterSeconds?: number;
  /** Of a body of lines. */
  readonly kept?: KeptLines;
}

/** Thrown where a request cannot be served; the error handler turns it into an answer. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly options: ProblemOptions;

  constructor(code: ProblemCode, options: ProblemOptions) {
    super(options.detail, { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.options = options;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** The body of an answer, as RFC 9457 has it. */
export function problemDocument({ code, options }: Problem, requestId: string): string {
  const { status, title } = PROBLEMS[code];
  const body: ProblemDetails = {
    type: `urn:oncelog:problem:${code}`,
    title,
    status,
    detail: options.detail,
    code,
    request_id: requestId,
    ...(options.errors === undefined ? {} : { errors: [...options.errors] }),
    ...(options.kept === undefined ? {} : { kept: options.kept }),
  };
  return JSON.stringify(body);
}

/**
 * Answers `application/problem+json`.
 *
 * @param send sends the text and ends the answer
 */
export function sendProblem(
  response: Response,
  problem: Problem,
  send = (text: string): void => void response.send(text),
): void {
  const { retryAfterSeconds } = problem.options;
  if (retryAfterSeconds !== undefined) response.set('Retry-After', String(retryAfterSeconds));
  if (problem.status === 401) response.set('WWW-Authenticate', 'Bearer realm="oncelog"');
  response.status(problem.status).set('Content-Type', 'application/problem+json; charset=utf-8');
  send(problemDocument(problem, response.locals['requestId'] as string));
}
