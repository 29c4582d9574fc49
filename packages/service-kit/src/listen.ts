import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

export interface HttpServer {
  readonly port: number;
  readonly server: Server;
  /** Refuses new connections, lets running requests finish, then closes the connections. */
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
  return { port: (server.address() as AddressInfo).port, server, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const cutOff = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(cutOff);
}
