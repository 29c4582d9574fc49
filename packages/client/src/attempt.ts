import type { ProblemDetails, Violation } from './api-types.ts';
import { UnusableAnswerError } from './errors.ts';
import { retryAfterMs } from './retry-after.ts';
import { timeLimit } from './time-limit.ts';

/** One request as it is sent, unchanged, at every attempt. */
export interface PreparedRequest<T> {
  /** For messages: `POST /publish`. */
  readonly label: string;
  readonly url: URL;
  readonly init: {
    readonly method: string;
    readonly headers?: Headers;
    readonly body?: NonNullable<RequestInit['body']>;
  };
  /** Whether an answer with this status carries a value. Default: 2xx. */
  readonly accepts?: (status: number) => boolean;
  /** The value in an answer's JSON; undefined where it is not what this endpoint answers. */
  readonly read: (answer: unknown, received: Received) => T | undefined;
}

/** An answer as it came. */
export interface Received {
  readonly headers: Headers;
  readonly text: string;
}

/** What one attempt came to. */
export type AttemptOutcome<T> =
  | { readonly outcome: 'answered'; readonly value: T }
  /** The request is at fault: another attempt would end the same way. */
  | { readonly outcome: 'rejected'; readonly status: number; readonly problem: ProblemDetails | undefined }
  /** Nothing is known about what the request did, or it is known to have done nothing yet. */
  | { readonly outcome: 'failed'; readonly cause: Error; readonly retryAfterMs: number };

export interface AttemptDeps {
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the epoch, for dates in Retry-After. */
  readonly now: () => number;
}

export interface AttemptLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends a request once and reads the whole answer, within `timeoutMs`.
 *
 * @throws the reason of `signal`, where that aborted it
 */
export async function attempt<T>(
  deps: AttemptDeps,
  request: PreparedRequest<T>,
  limits: AttemptLimits,
): Promise<AttemptOutcome<T>> {
  let answer: Answer;
  try {
    answer = await exchange(deps, request, limits);
  } catch (error) {
    limits.signal?.throwIfAborted();
    return { outcome: 'failed', cause: networkError(error), retryAfterMs: 0 };
  }
  return judge(request, answer, deps.now());
}

interface Answer extends Received {
  readonly status: number;
  /** The parsed body; undefined where it is not JSON. */
  readonly body: unknown;
}

async function exchange<T>(
  { fetch }: AttemptDeps,
  { url, init }: PreparedRequest<T>,
  limits: AttemptLimits,
): Promise<Answer> {
  const limit = timeLimit(limits);
  try {
    // fetch is called by itself, not as a method of deps: a browser's fetch refuses any other `this`.
    const response = await fetch(url, {
      ...init,
      // Following a 301 or 302 would turn a POST into a GET and lose the events.
      redirect: 'manual',
      signal: limit.signal,
    });
    const { status, headers } = response;
    const text = await response.text();
    return { status, headers, text, body: parseJson(text) };
  } finally {
    limit.clear();
  }
}

function judge<T>(request: PreparedRequest<T>, answer: Answer, nowMs: number): AttemptOutcome<T> {
  const { status, body } = answer;
  const accepted = request.accepts?.(status) ?? isSuccess(status);
  const value = accepted ? request.read(body, answer) : undefined;
  if (value !== undefined) return { outcome: 'answered', value };
  if (isWorthRetrying(status)) {
    const detail = isSuccess(status) ? 'its body is not an answer of oncelog' : problemIn(body)?.detail;
    const cause = new UnusableAnswerError(status, detail);
    const askedMs = retryAfterMs(answer.headers.get('retry-after'), nowMs);
    return { outcome: 'failed', cause, retryAfterMs: askedMs };
  }
  return { outcome: 'rejected', status, problem: problemIn(body) };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Overload, too early, a timeout, a failing server; or a success that was mangled on its way. */
export function isWorthRetrying(status: number): boolean {
  return isSuccess(status) || status === 408 || status === 425 || status === 429 || status >= 500;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A problem document is told by its shape: proxies drop or rewrite content types. */
export function problemIn(body: unknown): ProblemDetails | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { title, status, errors } = body as Record<string, unknown>;
  if (typeof title !== 'string' || typeof status !== 'number') return undefined;
  if (errors === undefined || isViolations(errors)) return body as ProblemDetails;
  // a problem document of others: their errors may be anything
  const { errors: _, ...rest } = body as ProblemDetails;
  return rest;
}

function isViolations(errors: unknown): boolean {
  return (
    Array.isArray(errors) &&
    errors.every((error: unknown) => typeof (error as Partial<Violation> | null)?.pointer === 'string')
  );
}

/** fetch hides what happened in `cause` (ECONNREFUSED, "other side closed"): the message should say it. */
export function networkError(error: unknown): Error {
  const cause = error instanceof Error ? error.cause : undefined;
  const { code, message } = (cause ?? error) as { code?: unknown; message?: unknown };
  const reason = [code, message].filter((part) => typeof part === 'string' && part !== '').join(': ');
  return new Error(reason || String(error), { cause: error });
}
