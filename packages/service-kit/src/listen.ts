import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Express } from 'express';
import { type ConnectionLimits, limitConnections, type OnRefusedConnection } from './limited-connections.ts';
import { type AnswerRefused, answerBarely, refuseRequests } from './refused-requests.ts';
import { originForm } from './request-target.ts';

export interface ListenOptions extends ConnectionLimits {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The headers of a request must be there so long after it, or its connection, began. */
  readonly headersTimeoutMs?: number;
  /** No whole body may take longer than this to arrive, but for those that are paced. */
  readonly bodyTimeoutMs?: number;
  /** A client that neither sends nor takes a byte for this long is cut off: a slow reader holds nothing. */
  readonly idleTimeoutMs?: number;
  readonly answerRefused?: AnswerRefused;
  readonly onRefusedConnection?: OnRefusedConnection;
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
/** Request line and headers together. */
const MAX_HEADER_BYTES = 16_384;
/** Requests of one connection whose answers it has not waited for; few clients have more than one. */
const MAX_PIPELINED = 16;
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

/**
 * Serves an app on a port of its own.
 *
 * @throws when the port is taken or may not be used (EADDRINUSE, EACCES)
 */
export async function listen(app: Express, options: ListenOptions): Promise<HttpServer> {
  const { host, port, headersTimeoutMs = HEADERS_TIMEOUT_MS, idleTimeoutMs = IDLE_TIMEOUT_MS } = options;
  const server = createServer({
    requestTimeout: 0, // it knows no exceptions: see cutOffSlowBody
    headersTimeout: headersTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    requireHostHeader: false, // Node's own answer says nothing: an app that minds sees to it
  });
  server.setTimeout(idleTimeoutMs);
  limitConnections(server, options, options.onRefusedConnection ?? (() => {}));
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, resolve);
  await listening;
  server.off('error', reject);
  const stopKeepingAlive = serve(server, app, options);
  const close = (): Promise<void> => {
    stopKeepingAlive();
    return drain(server);
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/**
 * Hands the requests to the app, and looks after them: a body that takes too long is cut off, and a connection that
 * brings more requests than it waits for.
 *
 * @returns what makes every answer, also those under way, the last one on its connection
 */
function serve(server: Server, app: Express, options: ListenOptions): () => void {
  const { bodyTimeoutMs = BODY_TIMEOUT_MS, answerRefused = answerBarely, onRefusedConnection } = options;
  const underWay = new Map<ServerResponse, number>();
  const pipelined = new WeakMap<Socket, number>();
  let closing = false;
  let tick = 0; // instead of a clock that every request would read
  const refuse = refuseRequests(server, answerRefused, () => underWay.keys());

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    const requests = (pipelined.get(socket) ?? 0) + 1;
    if (requests > MAX_PIPELINED) {
      if (!socket.destroyed) onRefusedConnection?.('pipelining', socket.remoteAddress ?? 'unknown');
      socket.destroy();
      return;
    }
    pipelined.set(socket, requests);
    if (closing) response.shouldKeepAlive = false;
    underWay.set(response, tick);
    response.once('close', () => {
      underWay.delete(response);
      pipelined.set(socket, (pipelined.get(socket) ?? 1) - 1);
    });
    request.url = originForm(request.url ?? '');
    app(request, response);
  };
  server.on('request', handle);
  server.on('checkExpectation', handle); // what is expected but 100-continue may be ignored

  const timer = setInterval(() => {
    tick += 1;
    for (const [response, since] of underWay) {
      if ((tick - since) * CHECK_INTERVAL_MS > bodyTimeoutMs) cutOffSlowBody(response, refuse);
    }
  }, CHECK_INTERVAL_MS);
  server.once('close', () => clearInterval(timer));
  return () => {
    closing = true;
    for (const response of underWay.keys()) response.shouldKeepAlive = false;
  };
}

/** As Node does it with its `requestTimeout`. */
function cutOffSlowBody(
  { req: request, headersSent }: ServerResponse,
  refuse: ReturnType<typeof refuseRequests>,
): void {
  if (request.complete || paced.has(request)) return;
  if (headersSent) request.socket.destroySoon();
  else refuse(request, { status: 408, reason: 'slow body' });
}

async function drain(server: Server): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const cutOff = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(cutOff);
}
