import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { originForm } from './request-target.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** No whole body may take longer than this to arrive, but for those that are paced. */
  readonly bodyTimeoutMs?: number;
}

export interface HttpServer {
  readonly port: number;
  /**
   * Refuses new connections, lets running requests finish, and tells clients to go elsewhere with their next ones:
   * every answer from now on ends its connection.
   */
  close(): Promise<void>;
}

const BODY_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** How often connections past those limits are looked for; Node's default of 30 s would stretch them all. */
const CHECK_INTERVAL_MS = 1_000;
const TOO_SLOW = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';
/** A client that neither sends nor takes a byte for this long is cut off: a slow reader holds nothing. */
const IDLE_TIMEOUT_MS = 30_000;
/** A response that is still being written this long after a stop began is cut off. */
const DRAIN_MS = 4_000;

const paced = new WeakSet<IncomingMessage>();

/**
 * Frees a request from the limit on the time that its whole body may take. Whoever calls this reads the body, and sees to
 * it that a client that sends too slowly is cut off.
 */
export function paceBody(request: IncomingMessage): void {
  paced.add(request);
}

/** Whether a request was freed by {@link paceBody}. */
export function isPaced(request: IncomingMessage): boolean {
  return paced.has(request);
}

/**
 * Serves an app on a port of its own.
 *
 * @throws when the port is taken or may not be used (EADDRINUSE, EACCES)
 */
export async function listen(
  app: Express,
  { host, port, bodyTimeoutMs = BODY_TIMEOUT_MS }: ListenOptions,
): Promise<HttpServer> {
  const server = createServer(
    {
      requestTimeout: 0, // it knows no exceptions: see cutOffSlowBodies
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    app,
  );
  server.setTimeout(IDLE_TIMEOUT_MS);
  server.prependListener('request', (request) => {
    request.url = originForm(request.url as string);
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, resolve);
  await listening;
  server.off('error', reject);
  const stopKeepingAlive = trackResponses(server, bodyTimeoutMs);
  const close = (): Promise<void> => {
    stopKeepingAlive();
    return drain(server);
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/**
 * Looks after the requests under way: a body that takes too long is cut off.
 *
 * @returns what makes every answer, also those under way, the last one on its connection
 */
function trackResponses(server: Server, bodyTimeoutMs: number): () => void {
  const underWay = new Map<ServerResponse, number>();
  let closing = false;
  let tick = 0; // instead of a clock that every request would read
  server.prependListener('request', (_request, response) => {
    if (closing) response.shouldKeepAlive = false;
    underWay.set(response, tick);
    response.once('close', () => underWay.delete(response));
  });
  const timer = setInterval(() => {
    tick += 1;
    for (const [response, since] of underWay) {
      if ((tick - since) * CHECK_INTERVAL_MS > bodyTimeoutMs) cutOffSlowBody(response);
    }
  }, CHECK_INTERVAL_MS);
  server.once('close', () => clearInterval(timer));
  return () => {
    closing = true;
    for (const response of underWay.keys()) response.shouldKeepAlive = false;
  };
}

/** As Node does it with its `requestTimeout`. */
function cutOffSlowBody({ req: request, headersSent }: ServerResponse): void {
  if (request.complete || paced.has(request)) return;
  if (!headersSent) request.socket.write(TOO_SLOW);
  request.socket.destroySoon();
}

async function drain(server: Server): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const cutOff = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(cutOff);
}
