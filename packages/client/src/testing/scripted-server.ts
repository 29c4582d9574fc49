import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with one request, once it has read it. */
export type Act = (response: ServerResponse, request: Recorded) => void;

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly Recorded[];
}

/** A real HTTP server that plays one act for each request, the last one for all further requests. */
export async function scriptedServer(...acts: [Act, ...Act[]]): Promise<ScriptedServer> {
  const requests: Recorded[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = await request.toArray();
    const { method = '', url: path = '', headers } = request;
    const recorded = { method, path, headers, body: Buffer.concat(chunks) };
    requests.push(recorded);
    (acts[Math.min(requests.length, acts.length) - 1] as Act)(response, recorded);
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await listening;
  const close = async (): Promise<void> => {
    const { promise: closed, resolve: done } = Promise.withResolvers<void>();
    server.close(() => done());
    server.closeAllConnections();
    await closed;
  };
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, [Symbol.asyncDispose]: close };
}

/** Answers with JSON. */
export function answer(status: number, body: unknown, headers: Record<string, string> = {}): Act {
  return (response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/** Answers with text that is not what it says it is. */
export function garbage(status: number, text: string): Act {
  return (response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
  };
}

/** Closes the connection with a TCP reset instead of answering. */
export const reset: Act = (response) => {
  (response.socket as NonNullable<typeof response.socket>).resetAndDestroy();
};

/** Promises more bytes than it sends, then resets the connection. */
export function cutOff(status: number): Act {
  return (response) => {
    response.writeHead(status, { 'Content-Length': '1000' });
    response.write('{"status":"accepted",', () => response.socket?.resetAndDestroy());
  };
}

/** Never answers. */
export const hang: Act = () => undefined;

/** Accepts a batch as the gateway does. */
export const accept: Act = (response, { body }) => {
  const { events } = JSON.parse(body.toString()) as { events: unknown[] };
  answer(202, { status: 'accepted', queued: events.length, message: 'queued', batch_id: 'batch-1' })(
    response,
    {
      method: 'POST',
      path: '/publish',
      headers: {},
      body,
    },
  );
};
