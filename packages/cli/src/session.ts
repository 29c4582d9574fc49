import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type Client, createClient, type DefaultName, type RetryNotice } from '@oncelog/client';
import { GaveUpError, UsageError } from './failure.ts';
import { createOutput, type Output } from './output.ts';
import { createPaint } from './paint.ts';
import type { TableStyle } from './table.ts';
import { clean } from './text.ts';

/** Options that every command has. */
export interface GlobalOptions {
  readonly url: string;
  readonly apiKey?: string;
  readonly apiKeyFile?: string;
  readonly json?: boolean;
  readonly color: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

export interface SessionDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * How a command meets a gateway that does not answer. `ask`: three attempts within some seconds, or as long as `--timeout`
 * says; in all, for whatever it does. `keep`: it decides itself; its client tries for ever, until a signal aborts.
 */
export type Patience = 'ask' | 'keep';

/** What a command works with. */
export interface Session extends SessionDeps {
  readonly options: GlobalOptions;
  readonly out: Output;
  readonly style: TableStyle;
  /** Aborts when the command is to end. */
  readonly signal: AbortSignal;
  client(options?: ClientSettings): Client<DefaultName>;
  /** A signal that gives up some seconds from now as well; to be cleared. Without seconds it does not. */
  deadline(seconds: number | undefined): Deadline;
  /** A line for people, on standard error. */
  warn(line: string): void;
}

export interface Deadline {
  readonly signal: AbortSignal;
  clear(): void;
}

interface ClientSettings {
  readonly topic?: string | undefined;
  readonly source?: string | undefined;
  readonly onRetry?: (notice: RetryNotice) => void;
  /** Longest attempt. */
  readonly timeoutMs?: number;
}

const ATTEMPT_MS = 10_000;
const ASK_RETRY = { maxAttempts: 3, baseMs: 100, capMs: 1_000, maxRetryAfterMs: 2_000 };
const KEEP_RETRY = {
  maxAttempts: Number.POSITIVE_INFINITY,
  baseMs: 100,
  capMs: 5_000,
  maxRetryAfterMs: 60_000,
};

export interface SessionInput {
  readonly options: GlobalOptions;
  readonly patience: Patience;
  readonly signal: AbortSignal;
}

/** @returns the session, and what ends its timers */
export function openSession(
  deps: SessionDeps,
  { options, patience, signal }: SessionInput,
): { session: Session; close: () => void } {
  let lastCause: Error | undefined;
  const limit =
    patience === 'ask'
      ? deadline({ signal, seconds: options.timeout, cause: () => lastCause })
      : { signal, clear() {} };
  const retry = patience === 'keep' || options.timeout !== undefined ? KEEP_RETRY : ASK_RETRY;
  const colors = options.color && isTerminal(deps.stdout) && hasColors(deps.env);
  const session: Session = {
    ...deps,
    options,
    out: createOutput(deps.stdout, limit.signal),
    style: { width: widthOf(deps.stdout), paint: createPaint(colors) },
    signal: limit.signal,
    deadline: (seconds) => deadline({ signal: limit.signal, seconds, cause: () => lastCause }),
    warn: (line) => {
      deps.stderr.write(`oncelog: ${clean(line)}\n`);
    },
    client({ onRetry, timeoutMs = ATTEMPT_MS, ...defaults } = {}) {
      const noted = (notice: RetryNotice): void => {
        lastCause = notice.cause;
        onRetry?.(notice);
      };
      return usable(
        () =>
          createClient({
            url: options.url,
            apiKey: apiKeyOf(options),
            retry,
            timeoutMs,
            onRetry: noted,
            ...defaults,
            // whether each event then has what it needs is told by the client, with its line
          }) as Client<DefaultName>,
      );
    },
  };
  return { session, close: limit.clear };
}

/** A signal that also aborts after some seconds, with a {@link GaveUpError}; without seconds it does not. */
function deadline(input: {
  readonly signal: AbortSignal;
  readonly seconds: number | undefined;
  readonly cause: () => Error | undefined;
}): Deadline {
  const { signal, seconds, cause } = input;
  if (seconds === undefined) return { signal, clear() {} };
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal.reason);
  const timer = setTimeout(() => controller.abort(new GaveUpError(seconds, cause())), seconds * 1000);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}

/** An address or a key that no request can have is a mistake of the caller. */
function usable<T>(create: () => T): T {
  try {
    return create();
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`--url or ONCELOG_URL: ${error.message}`);
    throw error;
  }
}

/** @throws {UsageError} */
export function apiKeyOf({ apiKey, apiKeyFile }: GlobalOptions): string | undefined {
  if (apiKeyFile === undefined) return checkedKey(apiKey, '--api-key or ONCELOG_API_KEY');
  try {
    return checkedKey(readFileSync(apiKeyFile, 'utf8').trim(), '--api-key-file');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--api-key-file: ${(error as Error).message}`);
  }
}

/** The message must not repeat what may be a key. */
function checkedKey(key: string | undefined, from: string): string | undefined {
  if (key === undefined || /^[\x21-\x7e]+$/.test(key)) return key;
  throw new UsageError(`${from}: the key must be visible ASCII characters, without spaces`);
}

function isTerminal(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true;
}

/** https://no-color.org */
function hasColors(env: SessionDeps['env']): boolean {
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

function widthOf(stdout: SessionDeps['stdout']): number {
  return isTerminal(stdout) ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
}
