import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

export interface HttpServer {
  readonly port: number;
  /**
   * Refuses new connections, lets running requests finish, and tells clients to go elsewhere with their next ones:
   * every answer from now on ends its connection.
   */
  close(): Promise<void>;
}

/** No whole request may take longer than this to arrive. Node's own default is 300 s. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** How often Node looks for connections past those limits; its default of 30 s would stretch them all. */
const CHECK_INTERVAL_MS = 1_000;
/** A client that neither sends nor takes a byte for this long is cut off: a slow reader holds nothing. */
const IDLE_TIMEOUT_MS = 30_000;
/** A response that is still being written this long after a stop began is cut off. */
const DRAIN_MS = 4_000;

/**
 * Serves an app on a port of its own.
 *
 * @throws when the port is taken or may not be used (EADDRINUSE, EACCES)
 */
export async function listen(app: Express, { host, port }: ListenOptions): Promise<HttpServer> {
  const server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    app,
  );
  server.setTimeout(IDLE_TIMEOUT_MS);
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, resolve);
  await listening;
  server.off('error', reject);
  const stopKeepingAlive = trackResponses(server);
  const close = (): Promise<void> => {
    stopKeepingAlive();
    return drain(server);
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/** Returns what makes every answer, also those under way, the last one on its connection. */
function trackResponses(server: Server): () => void {
  const underWay = new Set<ServerResponse>();
  let closing = false;
  server.prependListener('request', (_request, response) => {
    if (closing) response.shouldKeepAlive = false;
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
  });
  return () => {
    closing = true;
    for (const response of underWay) response.shouldKeepAlive = false;
  };
}

async function drain(server: Server): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const cutOff = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(cutOff);
}
