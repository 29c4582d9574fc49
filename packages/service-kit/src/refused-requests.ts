import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** A request that is refused before an app sees it, or in the middle of its body. */
export interface RefusedRequest {
  readonly status: 400 | 405 | 408 | 413 | 431;
  /** What was wrong, for the log, in Node's words: `HPE_INVALID_CONTENT_LENGTH`. */
  readonly reason: string;
  readonly address: string | undefined;
  /** The path, and what is behind it, where the status is 405. */
  readonly target?: string;
}

/** @returns the whole answer, from `HTTP/1.1` on. It says `Connection: close`, for that is what becomes of it. */
export type AnswerRefused = (refused: RefusedRequest) => string;

export const answerBarely: AnswerRefused = ({ status }) =>
  `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`;

/** So long what a client still sends is thrown away: at once, the reset would take the answer with it. */
const LINGER_MS = 1_000;

const STATUSES: Readonly<Record<string, RefusedRequest['status']>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

interface ClientError extends Error {
  readonly code?: string;
  readonly bytesParsed?: number;
  readonly rawPacket?: Buffer;
}

/**
 * Answers what Node's parser refuses, and CONNECT.
 *
 * @param underWay the requests that have no whole answer yet
 * @returns what refuses a request under way, and closes its connection
 */
export function refuseRequests(
  server: Server,
  answer: AnswerRefused,
  underWay: () => Iterable<ServerResponse>,
): (request: IncomingMessage, refused: Pick<RefusedRequest, 'status' | 'reason'>) => void {
  const refused = new WeakSet<Duplex>(); // the parser goes on complaining of what comes behind
  const refuse = (socket: Duplex, what: Omit<RefusedRequest, 'address'>): void => {
    if (refused.has(socket)) return;
    refused.add(socket);
    const address = (socket as Partial<IncomingMessage['socket']>).remoteAddress;
    socket.end(answer({ ...what, address }));
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  };

  const on = (socket: Duplex): ServerResponse[] =>
    [...underWay()].filter((response) => response.req.socket === socket);

  server.on('clientError', (error: ClientError, socket) => {
    if (refused.has(socket)) return;
    const waiting = on(socket);
    // what comes behind the last request of a connection, whose answer will end it
    if (error.code === 'HPE_CLOSED_CONNECTION' && waiting.length > 0) return;
    // an answer to an earlier request may not be mixed up with this one; one that is not whole was to be this one
    const isTaken = waiting.some(({ headersSent, req }) => headersSent || req.complete);
    if (!socket.writable || error.code === 'ECONNRESET' || isTaken) socket.destroy();
    else refuse(socket, refusalOf(error));
  });
  server.on('connect', ({ url }, socket) => {
    // Node has taken its own listeners away: nobody else ends what waits on this connection
    socket.on('error', () => socket.destroy());
    const waiting = on(socket);
    for (const response of waiting) response.destroy();
    if (waiting.length > 0) socket.destroy();
    else refuse(socket, { status: 405, reason: 'CONNECT', target: url ?? '' });
  });
  return (request, what) => {
    const { socket } = request;
    if (on(socket).some(({ req }) => req !== request)) socket.destroy();
    else refuse(socket, what);
  };
}

/** The beginning of a request whose method Node does not know. */
const REQUEST_LINE = /^([!#$%&'*+.^`|~\w-]+) (\S+) HTTP\/1\.[01]\r\n/;

function refusalOf({ code = 'unknown', bytesParsed = 0, rawPacket }: ClientError) {
  if (code === 'HPE_INVALID_METHOD' && rawPacket !== undefined) {
    const [, method = '', target] = REQUEST_LINE.exec(rawPacket.toString('latin1')) ?? [];
    if (target !== undefined && bytesParsed < method.length) {
      return { status: 405, reason: code, target } as const;
    }
  }
  return { status: STATUSES[code] ?? 400, reason: code };
}
