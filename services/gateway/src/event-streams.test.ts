import { once } from 'node:events';
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { createLogger, createRegistry, listen } from '@oncelog/service-kit';
import express from 'express';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { errorHandler } from './error-handler.ts';
import { createEventStreams, type EventStreamsConfig, type SseConnection } from './event-streams.ts';
import { createLineLimit } from './limits/line-limit.ts';
import { createGatewayMetrics } from './metrics.ts';

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function serve(config: Partial<EventStreamsConfig> = {}) {
  const lines: string[] = [];
  const log = createLogger('gateway', 'debug', { write: (line: string) => lines.push(line) });
  const streams = createEventStreams({ log }, { maxEventStreams: 10, ...config });
  const connections: SseConnection[] = [];
  const app = express();
  app.get('/', (request, response) => {
    connections.push(streams.open(request, response));
  });
  const lineLimit = createLineLimit({ log });
  app.use(errorHandler({ log, lineLimit, metrics: createGatewayMetrics(createRegistry('gateway')) }));
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  opened.push(() => server.close());
  opened.push(() => streams.close());
  const clients: ClientRequest[] = [];
  opened.push(() => {
    for (const client of clients) client.destroy();
  });
  const connect = async (method = 'GET'): Promise<IncomingMessage> => {
    const client = get({ host: '127.0.0.1', port: server.port, method, agent: false });
    client.on('error', () => {}); // some tests cut it off
    clients.push(client);
    const [response] = (await once(client, 'response')) as [IncomingMessage];
    response.on('error', () => {});
    return response;
  };
  return { streams, connections, connect, lines };
}

/** Writes until nothing more is taken: neither by the client nor by the kernel's buffers. */
async function fill(connection: SseConnection): Promise<void> {
  let taken = true;
  while (taken) {
    while (connection.send({ data: 'x'.repeat(65_536) }));
    const stuck = setTimeout(250, false);
    taken = await Promise.race([connection.drained().then(() => !connection.closed.aborted), stuck]);
  }
}

function collect(response: IncomingMessage): () => string {
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

describe('event streams', () => {
  it('sends messages as the HTML standard has them', async () => {
    const { connections, connect } = await serve();
    const response = await connect();
    const text = collect(response);
    connections[0]?.send({ id: 'a' });
    connections[0]?.send({ id: 'b', event: 'status', data: 'one\ntwo\r\nthree' });
    connections[0]?.send({ data: '{}' });
    await vi.waitFor(() =>
      expect(text()).toBe(
        'retry: 2000\n\nid: a\n\nevent: status\nid: b\ndata: one\ndata: two\ndata: three\n\ndata: {}\n\n',
      ),
    );
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
    });
  });

  it('answers HEAD without keeping the connection', async () => {
    const { streams, connect } = await serve();
    const response = await connect('HEAD');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toContain('text/event-stream');
    await once(response.resume(), 'end');
    expect(streams.count).toBe(0);
  });

  it('shows that it lives while there is nothing to say', async () => {
    const { connect } = await serve({ heartbeatMs: 10 });
    const text = collect(await connect());
    await vi.waitFor(() => expect(text()).toContain(': heartbeat\n\n: heartbeat\n\n'));
  });

  it('refuses more than the limit, and takes others when some have left', async () => {
    const { streams, connect } = await serve({ maxEventStreams: 1 });
    const first = await connect();
    const refused = await connect();
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('2');
    first.destroy();
    await vi.waitFor(() => expect(streams.count).toBe(0));
    expect((await connect()).statusCode).toBe(200);
  });

  it('cuts off a client that does not read, says why, and leaves the others alone', async () => {
    const { streams, connections, connect, lines } = await serve({ heartbeatMs: 50, stalledMs: 200 });
    (await connect()).pause();
    const reading = await connect();
    const text = collect(reading);
    const [stalled, other] = connections as [SseConnection, SseConnection];
    await fill(stalled);
    await vi.waitFor(() => expect(stalled.closed.aborted).toBe(true), 5_000);
    expect(lines.some((line) => line.includes('client does not read: cut off'))).toBe(true);
    expect(streams.count).toBe(1);
    other.send({ data: 'still here' });
    await vi.waitFor(() => expect(text()).toContain('still here'));
  });

  it('does not cut off a client that reads slowly', async () => {
    const { connections, connect } = await serve({ heartbeatMs: 20, stalledMs: 2_000 });
    const response = await connect();
    response.pause();
    const [slow] = connections as [SseConnection];
    let sent = 0;
    for (; sent < 100 && slow.send({ data: 'x'.repeat(65_536) }); sent += 1);
    let read = 0;
    const whole = (sent + 1) * 65_536;
    const reading = setInterval(() => {
      read += (response.read() as Buffer | null)?.length ?? 0;
    }, 50);
    await vi.waitFor(() => expect(read).toBeGreaterThanOrEqual(whole), 20_000);
    clearInterval(reading);
    expect(slow.closed.aborted).toBe(false);
  });

  it('tells a writer when the client is behind, and when it has caught up', async () => {
    const { connections, connect } = await serve();
    const response = await connect();
    response.pause();
    const [connection] = connections as [SseConnection];
    await fill(connection);
    const drained = connection.drained();
    response.resume();
    await drained;
    expect(connection.send({ data: 'more' })).toBe(true);
  });

  it('ends all when the service stops, and takes no more', async () => {
    const { streams, connections, connect } = await serve();
    const response = await connect();
    streams.close();
    await once(response.resume(), 'end');
    expect(connections[0]?.closed.aborted).toBe(true);
    expect((await connect()).statusCode).toBe(503);
  });

  it('lets nobody wait for a client that is gone', async () => {
    const { connections, connect } = await serve();
    const response = await connect();
    response.pause();
    const [connection] = connections as [SseConnection];
    await fill(connection);
    const drained = connection.drained();
    response.destroy();
    await drained;
    expect(connection.send({ data: 'more' })).toBe(false);
  });
});
