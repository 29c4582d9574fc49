import type { PreparedRequest } from './attempt.ts';
import { type FinalOutcome, type RetryDeps, type RetryPolicy, sendUntilFinal } from './retry.ts';

/** Where a client sends its requests, and how patiently. */
export interface Transport {
  readonly deps: RetryDeps;
  readonly policy: RetryPolicy;
  readonly timeoutMs: number;
  /** The address of an endpoint: `stats`. */
  readonly url: (path: string) => URL;
  /** Headers of a request, with the key that it needs. */
  readonly headers: (headers?: Readonly<Record<string, string>>) => Headers;
  readonly send: <T>(request: PreparedRequest<T>, options: SendOptions) => Promise<FinalOutcome<T>>;
}

export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: the policy's. */
  readonly maxAttempts?: number | undefined;
  /** Of one attempt. Default: the client's. */
  readonly timeoutMs?: number | undefined;
  /** Told what each failed attempt met, also the last one. */
  readonly onFailure?: ((cause: Error) => void) | undefined;
}

export interface TransportConfig {
  readonly url: string | URL;
  readonly apiKey: string | undefined;
  readonly timeoutMs: number;
  readonly policy: RetryPolicy;
}

/**
 * @throws {TypeError} the address is not one of HTTP, or carries credentials, which fetch refuses; or the key is none that a
 *   header can have
 */
export function createTransport(
  deps: RetryDeps,
  { url, apiKey, timeoutMs, policy }: TransportConfig,
): Transport {
  const base = baseUrl(url);
  // Not left to fetch, whose message would repeat the key.
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TypeError('the API key must be visible ASCII characters');
  }
  const authorization = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };
  return {
    deps,
    policy,
    timeoutMs,
    url: (path) => new URL(path, base),
    headers: (headers) => new Headers({ ...headers, ...authorization }),
    send: (request, { maxAttempts = policy.maxAttempts, timeoutMs: ownMs = timeoutMs, signal, onFailure }) =>
      sendUntilFinal(deps, request, {
        policy: { ...policy, maxAttempts },
        timeoutMs: ownMs,
        signal,
        onFailure,
      }),
  };
}

// Checked here, because fetch reports such an address as one more network error, which would be retried for ever.
function baseUrl(url: string | URL): URL {
  const base = parsedUrl(url);
  if (base.protocol !== 'http:' && base.protocol !== 'https:') {
    throw new TypeError(`the gateway's address must be http:// or https://, not ${base.protocol}//`);
  }
  if (base.username !== '' || base.password !== '') {
    throw new TypeError("the gateway's address must not contain credentials");
  }
  base.search = '';
  base.hash = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

function parsedUrl(url: string | URL): URL {
  try {
    return new URL(url);
  } catch (cause) {
    throw new TypeError(
      `url must be the gateway's address, such as http://127.0.0.1:8080, not ${String(url)}`,
      {
        cause,
      },
    );
  }
}
