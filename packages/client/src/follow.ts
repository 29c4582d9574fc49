import { isWorthRetrying, networkError, parseJson, problemIn } from './attempt.ts';
import { fullJitterMs } from './backoff.ts';
import { RequestRejectedError, UnusableAnswerError } from './errors.ts';
import { retryAfterMs } from './retry-after.ts';
import { createSseParser, type SseMessage, type SseParser } from './sse.ts';
import { timeLimit } from './time-limit.ts';
import type { Transport } from './transport.ts';

export interface FollowOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface FollowRequest<T> {
  /** For messages: `GET /tail`. */
  readonly label: string;
  readonly url: URL;
  /** What a message says; undefined where it is passed over. What throws is taken for a broken connection. */
  readonly read: (message: SseMessage) => T | undefined;
  /** Where to begin. */
  readonly lastEventId?: string | undefined;
}

/** The gateway sends something every 15 s. */
const SILENT_MS = 40_000;
const RETRY_MS = 1_000;

/**
 * The messages of an event stream. When the connection ends it comes back by itself, where it was, for as long as it takes:
 * a stream that is followed is to go on. Ends when the caller stops reading or `signal` aborts.
 *
 * @throws {RequestRejectedError} the request is at fault
 * @throws the reason of `signal`
 */
export async function* follow<T>(
  transport: Transport,
  { label, url, read, lastEventId = '' }: FollowRequest<T>,
  { signal }: FollowOptions,
): AsyncGenerator<T, void, undefined> {
  const { deps, policy } = transport;
  let place = lastEventId;
  let retryMs = RETRY_MS;
  for (let failures = 1; ; failures++) {
    signal?.throwIfAborted();
    const connection = new AbortController();
    const limit = timeLimit({ timeoutMs: Number.POSITIVE_INFINITY, signal });
    limit.signal.addEventListener('abort', () => connection.abort(limit.signal.reason), { once: true });
    let failure: Failure = { cause: new Error('the stream has ended'), askedMs: 0 };
    try {
      const opened = await open(transport, { label, url, place }, connection);
      for await (const message of messagesOf(opened, connection)) {
        const value = read(message);
        failures = 1;
        if (value !== undefined) yield value;
        place = message.id;
        retryMs = opened.parser.retryMs ?? retryMs;
      }
    } catch (error) {
      if (error instanceof RequestRejectedError) throw error;
      signal?.throwIfAborted();
      failure = failureOf(error, deps.now());
    } finally {
      connection.abort();
      limit.clear();
    }
    const askedMs = Math.min(failure.askedMs, policy.maxRetryAfterMs);
    const delayMs = askedMs + fullJitterMs(failures, { ...policy, baseMs: retryMs }, deps.random());
    deps.onRetry({ request: label, attempt: failures, delayMs, cause: failure.cause });
    await deps.sleep(delayMs, signal);
  }
}

interface Failure {
  readonly cause: Error;
  readonly askedMs: number;
}

/** An answer that is no stream, and may be one later. */
class NoStream extends Error {
  readonly answer: UnusableAnswerError;
  readonly retryAfter: string | null;

  constructor(answer: UnusableAnswerError, retryAfter: string | null) {
    super(answer.message);
    this.answer = answer;
    this.retryAfter = retryAfter;
  }
}

function failureOf(error: unknown, nowMs: number): Failure {
  if (error instanceof NoStream)
    return { cause: error.answer, askedMs: retryAfterMs(error.retryAfter, nowMs) };
  return { cause: networkError(error), askedMs: 0 };
}

interface Opened {
  readonly body: ReadableStream<Uint8Array>;
  readonly parser: SseParser;
}

async function open(
  { deps, timeoutMs, headers }: Transport,
  { label, url, place }: { label: string; url: URL; place: string },
  connection: AbortController,
): Promise<Opened> {
  const limit = timeLimit({ timeoutMs, signal: connection.signal });
  try {
    const { fetch } = deps;
    const response = await fetch(url, {
      headers: headers({ Accept: 'text/event-stream', ...(place === '' ? {} : { 'Last-Event-ID': place }) }),
      redirect: 'manual',
      // the limit ends with the headers, the connection does not
      signal: firstOf(limit.signal, connection),
    });
    const { status, body } = response;
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    if (status === 200 && isStream && body !== null) return { body, parser: createSseParser(place) };
    const problem = problemIn(parseJson(await response.text()));
    if (isWorthRetrying(status)) {
      const detail = status === 200 ? 'it is no event stream' : problem?.detail;
      throw new NoStream(new UnusableAnswerError(status, detail), response.headers.get('retry-after'));
    }
    throw new RequestRejectedError(label, { status, problem });
  } finally {
    limit.clear();
  }
}

/** While the headers are awaited their limit ends the connection, afterwards the connection itself does. */
function firstOf(limit: AbortSignal, connection: AbortController): AbortSignal {
  limit.addEventListener('abort', () => connection.abort(limit.reason), { once: true });
  return connection.signal;
}

async function* messagesOf(
  { body, parser }: Opened,
  connection: AbortController,
): AsyncGenerator<SseMessage, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const silent = setTimeout(
      () => connection.abort(new Error(`nothing came for ${SILENT_MS} ms`)),
      SILENT_MS,
    );
    const { done, value } = await reader.read().finally(() => clearTimeout(silent));
    if (done) return;
    yield* parser.push(decoder.decode(value, { stream: true }));
  }
}
