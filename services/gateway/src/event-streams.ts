import type { Logger } from '@oncelog/service-kit';
import type { Request, Response } from 'express';
import { requestFields } from './auth/principal.ts';
import { Problem } from './problem.ts';

/** One message, as the HTML standard's event stream has it. */
export interface SseMessage {
  /** Left out: the client's `onmessage`. */
  readonly event?: string;
  /** What the client sends as Last-Event-ID when it comes back. Alone, it moves that on and delivers nothing. */
  readonly id?: string;
  readonly data?: string;
}

/** A client that listens. */
export interface SseConnection {
  /** Aborted when the client has gone, was cut off, or the service stops. */
  readonly closed: AbortSignal;
  /** Writes a message; false when the client is behind: await {@link drained} before there is more. */
  send(message: SseMessage): boolean;
  /** Writes messages that {@link messageText} has rendered, once for many clients. Answers as {@link send}. */
  write(messages: string | Uint8Array): boolean;
  /** Resolves when the client has taken what was written, or is gone. Never rejects. */
  drained(): Promise<void>;
  end(): void;
}

/** All clients that listen to this gateway. */
export interface EventStreams {
  readonly count: number;
  /**
   * Answers 200 `text/event-stream` and keeps the connection. A HEAD request gets its headers and ends.
   *
   * @throws {Problem} 503 when as many are open as may be
   */
  open(request: Request, response: Response): SseConnection;
  /** For those who have work to do before they {@link open}. @throws {Problem} 503 as `open` does */
  refuseIfFull(): void;
  /** Ends all: the service stops. From now on {@link open} refuses. */
  close(): void;
}

export interface EventStreamsConfig {
  readonly maxEventStreams: number;
  /** How often something is sent, so that neither side nor a proxy takes a quiet connection for a dead one. */
  readonly heartbeatMs?: number;
  /** A client that takes nothing for this long while bytes wait for it is cut off, at the heartbeat after it. */
  readonly stalledMs?: number;
}

const HEARTBEAT_MS = 15_000;
const STALLED_MS = 30_000;
/** How soon a client whose connection was lost should come back. */
const RETRY_MS = 2_000;

/** Keeps the connections of server-sent events: heartbeats, a limit to their number, an end to those that stall. */
export function createEventStreams(
  { log }: { readonly log: Logger },
  { maxEventStreams, heartbeatMs = HEARTBEAT_MS, stalledMs = STALLED_MS }: EventStreamsConfig,
): EventStreams {
  const open = new Set<SseConnection>();
  let closing = false;
  const refuseIfFull = (): void => {
    if (closing || open.size >= maxEventStreams) throw tooMany(closing);
  };

  return {
    get count() {
      return open.size;
    },
    open(request, response) {
      refuseIfFull();
      const connection = listenTo(request, response, { log, heartbeatMs, stalledMs });
      if (connection.closed.aborted) return connection;
      open.add(connection);
      connection.closed.addEventListener('abort', () => open.delete(connection));
      return connection;
    },
    refuseIfFull,
    close() {
      closing = true;
      for (const connection of open) connection.end();
    },
  };
}

function tooMany(closing: boolean): Problem {
  const detail = closing ? 'The gateway stops.' : 'As many clients listen as may. Come back later.';
  return new Problem('overloaded', { detail, retryAfterSeconds: RETRY_MS / 1_000 });
}

interface Listening {
  readonly log: Logger;
  readonly heartbeatMs: number;
  readonly stalledMs: number;
}

function listenTo(
  request: Request,
  response: Response,
  { log, heartbeatMs, stalledMs }: Listening,
): SseConnection {
  const gone = new AbortController();
  let writtenWhenTaken = 0;
  let takenAt = performance.now();

  const write = (text: string | Uint8Array): boolean => {
    if (gone.signal.aborted) return false;
    if (response.writableLength === 0) takenAt = performance.now();
    return response.write(text);
  };

  /** Cuts off who has taken nothing for too long, else says that we are here. */
  const beat = (): void => {
    const { socket } = response;
    const taken = (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0);
    if (taken > writtenWhenTaken || response.writableLength === 0) {
      writtenWhenTaken = taken;
      takenAt = performance.now();
    }
    if (performance.now() - takenAt >= stalledMs) {
      const waitingBytes = response.writableLength;
      log.warn({ ...requestFields(response), waitingBytes, stalledMs }, 'client does not read: cut off');
      response.destroy();
    } else if (!response.writableNeedDrain) write(': heartbeat\n\n');
  };

  response.on('error', () => {}); // the client went away in the middle of a write: 'close' follows
  response.once('close', () => gone.abort());
  response.set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no', // nginx would hold messages back
  });
  // the server's idle timeout is for clients that owe a request; this one owes nothing
  request.socket.setTimeout(0);
  response.status(200).flushHeaders();
  if (request.method === 'HEAD') {
    response.end();
    gone.abort();
  } else {
    write(`retry: ${RETRY_MS}\n\n`);
    const timer = setInterval(beat, heartbeatMs);
    gone.signal.addEventListener('abort', () => clearInterval(timer));
  }

  return {
    closed: gone.signal,
    send: (message) => write(messageText(message)),
    write,
    async drained() {
      if (gone.signal.aborted || !response.writableNeedDrain) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const settled = new AbortController();
      response.once('drain', resolve);
      gone.signal.addEventListener('abort', () => resolve(), { signal: settled.signal });
      await promise;
      response.off('drain', resolve);
      settled.abort();
    },
    end: () => {
      response.end();
      // nobody looks after it any more: who does not take the rest in time is cut off by the server
      request.socket.setTimeout(stalledMs);
      gone.abort();
    },
  };
}

/** What is waited for is one message: a line break in its data makes two lines of it, in an ID none may be. */
export function messageText({ event, id, data }: SseMessage): string {
  const lines: string[] = [];
  if (event !== undefined) lines.push(`event: ${event}`);
  if (id !== undefined) lines.push(`id: ${id}`);
  if (data !== undefined) lines.push(...data.split(/\r\n|\r|\n/).map((line) => `data: ${line}`));
  return `${lines.join('\n')}\n\n`;
}
