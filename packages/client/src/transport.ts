import type { PreparedRequest } from './attempt.ts';
import { type FinalOutcome, type RetryDeps, type RetryPolicy, sendUntilFinal } from './retry.ts';

/** Where a client sends its requests, and how patiently. */
export interface Transport {
  /** The address of an endpoint: `stats`. */
  readonly url: (path: string) => URL;
  readonly send: <T>(
    request: PreparedRequest<T>,
    signal: AbortSignal | undefined,
  ) => Promise<FinalOutcome<T>>;
}

export interface TransportConfig {
  readonly url: string | URL;
  readonly timeoutMs: number;
  readonly policy: RetryPolicy;
}

/** @throws {TypeError} the address is not one of HTTP, or carries credentials, which fetch refuses */
export function createTransport(deps: RetryDeps, { url, timeoutMs, policy }: TransportConfig): Transport {
  const base = baseUrl(url);
  return {
    url: (path) => new URL(path, base),
    send: (request, signal) => sendUntilFinal(deps, request, { policy, timeoutMs, signal }),
  };
}

// Checked here, because fetch reports such an address as one more network error, which would be retried for ever.
function baseUrl(url: string | URL): URL {
  const base = new URL(url);
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
