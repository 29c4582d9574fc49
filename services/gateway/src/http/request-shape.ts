import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';
import { setSafeHeaders } from './answer-headers.ts';

/** With a query that uses all that it may; the whole head of a request may have 16 KiB (431). */
const MAX_TARGET_LENGTH = 14_336;
const MAX_HEADERS = 100;
/** As RFC 3986 has a host and a port; an empty one is allowed. */
const HOST = /^[\w.~!$&'()*+,;=:%[\]-]*$/;
/** Node keeps the first of several, a proxy may have looked at the last. By length, for most names are told apart by it. */
const ONLY_ONCE = new Map([
  [4, 'host'],
  [12, 'content-type'],
  [13, 'authorization'],
]);

/**
 * Refuses what Node's parser lets pass, and two readers of a request may understand in two ways: the connection ends with
 * the answer.
 */
export const checkShape: RequestHandler = (request, response, next) => {
  setSafeHeaders(response);
  const fault = faultOfHeaders(request) ?? faultOfTarget(request);
  if (fault !== undefined) {
    response.shouldKeepAlive = false;
    throw fault;
  }
  next();
};

function faultOfHeaders({ rawHeaders, headers, httpVersion }: IncomingMessage): Problem | undefined {
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    return new Problem('headers-too-large', { detail: `A request may have at most ${MAX_HEADERS} headers.` });
  }
  if (httpVersion !== '1.1') {
    if (httpVersion !== '1.0') return malformed('The version must be HTTP/1.1 or HTTP/1.0.');
    if (headers['transfer-encoding'] !== undefined) return malformed('HTTP/1.0 has no Transfer-Encoding.');
  } else if (headers.host === undefined) return malformed('There is no Host.');
  if (headers.host !== undefined && !HOST.test(headers.host)) return malformed('The Host is none.');
  const repeated = repeatedHeader(rawHeaders);
  return repeated === undefined ? undefined : malformed(`${repeated} may be there only once.`);
}

function repeatedHeader(rawHeaders: readonly string[]): string | undefined {
  let seen = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const once = ONLY_ONCE.get(name.length);
    if (once === undefined || once !== name.toLowerCase()) continue;
    const bit = 1 << name.length;
    if ((seen & bit) !== 0) return once;
    seen |= bit;
  }
  return undefined;
}

function faultOfTarget({ url = '', method }: IncomingMessage): Problem | undefined {
  if (url.length > MAX_TARGET_LENGTH) {
    const detail = `Path and query may have at most ${MAX_TARGET_LENGTH} characters.`;
    return new Problem('uri-too-long', { detail });
  }
  if (url.startsWith('/') || (url === '*' && method === 'OPTIONS')) return undefined;
  return malformed('The target must be a path, or a URL of http or https, without a fragment.');
}

function malformed(detail: string): Problem {
  return new Problem('bad-request', { detail });
}
