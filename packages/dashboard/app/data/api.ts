import type { ProblemDetails, Violation } from '@oncelog/event-schema';
import { signedOut, untilSignedIn } from './access.ts';

/** The gateway said no, or nothing. */
export class ApiProblem extends Error {
  /** 0 where there was no answer. */
  readonly status: number;
  readonly title: string;
  readonly violations: readonly Violation[];

  constructor({ status, title, detail, errors = [] }: Partial<ProblemDetails> & { title: string }) {
    super(detail ?? title);
    this.name = 'ApiProblem';
    this.status = status ?? 0;
    this.title = title;
    this.violations = errors;
  }

  /** What is wrong with each parameter of the query: name → sentence. */
  get fields(): Readonly<Record<string, string>> {
    const ofQuery = this.violations.filter(({ pointer }) => pointer.startsWith('/query/'));
    return Object.fromEntries(ofQuery.map(({ pointer, detail }) => [pointer.split('/')[2] ?? '', detail]));
  }
}

/** The address of one of the gateway's endpoints: beside the page, whatever is before it. Without a slash at its start. */
export const endpoint = (path: string): string => new URL(path.replace(/^\//, ''), document.baseURI).href;

interface Options {
  readonly method?: 'POST' | 'DELETE';
  /** Becomes JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;

/**
 * Asks the gateway. Resolves to answers of success only. Where the session has ended, it waits until somebody has signed in,
 * and asks again.
 *
 * @throws {ApiProblem} for every other answer, and for none; an AbortError when `signal` says so
 */
export async function ask(path: string, options: Options = {}): Promise<Response> {
  for (;;) {
    try {
      return await askOnce(path, options);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
      signedOut.value = true;
      await untilSignedIn(options.signal);
    }
  }
}

/** @throws as {@link ask}, also where nobody is signed in */
export async function askOnce(path: string, options: Options = {}): Promise<Response> {
  const { method, body, signal, timeoutMs = TIMEOUT_MS } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(endpoint(path), {
      ...(method === undefined ? {} : { method }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new ApiProblem({
      title: 'The gateway does not answer',
      detail: timeout.aborted
        ? `There was no answer within ${timeoutMs / 1_000} s.`
        : 'It could not be reached. It may be restarting.',
    });
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** @throws as {@link ask} */
export async function askJson<T>(path: string, options: Options = {}): Promise<T> {
  return (await (await ask(path, options)).json()) as T;
}

/** What an answer that is no success says. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const otherwise = { status: response.status, title: `The gateway answered ${response.status}` };
  try {
    return new ApiProblem({ ...otherwise, ...((await response.json()) as Partial<ProblemDetails>) });
  } catch {
    return new ApiProblem(otherwise);
  }
}

/** What to show of whatever was thrown. */
export const asProblem = (error: unknown): ApiProblem =>
  error instanceof ApiProblem
    ? error
    : new ApiProblem({
        title: 'The page failed',
        detail: error instanceof Error ? error.message : String(error),
      });
