import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request to publish that came to it. */
export interface Publish {
  /** From 1. */
  readonly number: number;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Hands it on to the real gateway, also under another Idempotency-Key. */
  forward(key?: string): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LyingGateway {
  readonly url: string;
  readonly published: readonly Publish[];
  close(): Promise<void>;
}

/**
 * Stands before the real gateway. What is published is answered by `answer`; undefined breaks the connection off.
 * Everything else is handed on as it is.
 */
export async function startLyingGateway(
  target: string,
  answer: (publish: Publish) => Promise<Answer | undefined>,
): Promise<LyingGateway> {
  const published: Publish[] = [];

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const headers = passedOn(request);
    const { method = 'GET', url = '/' } = request;
    if (method !== 'POST') return reply(response, await send(`${target}${url}`, { method, headers }));
    const body = await buffer(request);
    const forward = (key = headers['idempotency-key'] ?? '') =>
      send(`${target}${url}`, {
        method,
        headers: { ...headers, 'idempotency-key': key },
        body: new Uint8Array(body),
      });
    const publish = { number: published.length + 1, body, headers, forward };
    published.push(publish);
    const answered = await answer(publish);
    if (answered === undefined) response.destroy();
    else reply(response, answered);
  };

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    published,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function passedOn({ headers }: IncomingMessage): Record<string, string> {
  const names = ['authorization', 'content-type', 'idempotency-key'];
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}

async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const headers = { 'content-type': response.headers.get('content-type') ?? '' };
  return { status: response.status, body: await response.text(), headers };
}

function reply(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  response.writeHead(status, headers).end(body);
}
