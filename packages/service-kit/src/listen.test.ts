import { connect } from 'node:net';
import express from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpServer, listen, paceBody } from './listen.ts';
import { createRegistry } from './metrics.ts';
import { operationsRoutes } from './operations-routes.ts';

const HOST = '127.0.0.1';
const opened: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

async function serve(app = express(), bodyTimeoutMs = 30_000): Promise<HttpServer> {
  const server = await listen(app, { host: HOST, port: 0, bodyTimeoutMs });
  opened.push(server);
  return server;
}

describe('listen', () => {
  it('rejects when the port is taken', async () => {
    const { port } = await serve();
    await expect(listen(express(), { host: HOST, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('lets a running request finish when it closes, and ends idle connections', async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const app = express().get('/', async (_request, response) => {
      arrive();
      await release;
      response.send('done');
    });
    const server = await serve(app);
    // leaves an idle keep-alive connection behind
    expect((await fetch(`http://${HOST}:${server.port}/nothing`)).status).toBe(404);
    const answer = fetch(`http://${HOST}:${server.port}/`);
    await arrived;
    const closing = server.close();
    resolve();
    const last = await answer;
    expect(await last.text()).toBe('done');
    expect(last.headers.get('connection')).toBe('close');
    await closing;
  });
});

describe('a body that does not come to its end', () => {
  const app = express()
    .post('/plain', (request) => void request.resume())
    .post('/paced', (request, response) => {
      paceBody(request);
      request.resume().once('end', () => response.send('whole'));
    });

  /** Sends the beginning of a request, and resolves to all that comes back when the connection ends. */
  function begin(port: number, path: string) {
    const socket = connect(port, HOST);
    const answer = new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text));
    });
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab`);
    return { answer, finish: () => socket.write('cd') };
  }

  it('is cut off, and only then, and not if it is paced', async () => {
    const { port } = await serve(app, 1_000);
    const paced = begin(port, '/paced');
    expect(await begin(port, '/plain').answer).toBe(
      'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n',
    );
    paced.finish(); // it came earlier than the other
    expect(await paced.answer).toMatch(/^HTTP\/1\.1 200 OK.*whole$/s);
  });
});

it('ends what waits on a connection that asks for a tunnel', async () => {
  const closed: string[] = [];
  const app = express().get('/:name', (request, response) => {
    response.on('close', () => closed.push(request.params.name)); // and never answers
    response.setHeader('X-Name', request.params.name);
  });
  const { port } = await serve(app);
  const socket = connect(port, HOST);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const ended = new Promise((resolve) => socket.on('close', resolve));
  socket.on('error', () => {});
  const lines = ['GET /a', 'GET /b', 'GET /c', 'CONNECT x:1'].map(
    (line) => `${line} HTTP/1.1\r\nHost: x\r\n\r\n`,
  );
  socket.write(lines.join(''));
  await ended;
  await expect.poll(() => closed.sort(), { timeout: 10_000 }).toEqual(['a', 'b', 'c']);
  expect(text).toBe(''); // the first answer would have been taken for that of the first request
});

describe('connections beyond the limits', () => {
  it.each([
    ['total', { maxConnections: 2 }],
    ['address', { maxConnectionsPerAddress: 2 }],
  ])('%s: are closed without an answer, and there is place again when one is gone', async (why, limits) => {
    const refused: string[] = [];
    const server = await listen(
      express().get('/', (_request, response) => void response.send('served')),
      { host: HOST, port: 0, ...limits, onRefusedConnection: (reason) => refused.push(reason) },
    );
    opened.push(server);
    const held = [connect(server.port, HOST), connect(server.port, HOST)];
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const get = () => fetch(`http://${HOST}:${server.port}/`, { headers: { connection: 'close' } });
    await expect(get()).rejects.toThrow('fetch failed');
    expect(refused).toEqual([why]);
    held.pop()?.destroy();
    await expect
      .poll(async () => (await get().catch(() => undefined))?.status, { timeout: 10_000 })
      .toBe(200);
    held.pop()?.destroy();
  });
});

describe('operationsRoutes', () => {
  const now = () => new Date('2026-01-02T03:04:05Z');

  it('reports health, liveness, readiness and metrics', async () => {
    const checks = { database: async () => {}, redis: async () => {} };
    const app = express().use(operationsRoutes({ registry: createRegistry('test'), checks, now }));
    const { port } = await serve(app);
    const get = async (path: string) => fetch(`http://${HOST}:${port}${path}`);
    const expected = {
      status: 'healthy',
      database: 'connected',
      redis: 'connected',
      timestamp: '2026-01-02T03:04:05.000Z',
    };
    for (const path of ['/health', '/health/ready']) expect(await (await get(path)).json()).toEqual(expected);
    expect(await (await get('/health/live')).json()).toEqual({ status: 'alive' });
    const metrics = await get('/metrics');
    expect(metrics.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await metrics.text()).toContain('process_cpu_seconds_total{service="test"}');
  });

  it('is alive but not ready while a dependency is away', async () => {
    const checks = { database: () => Promise.reject(Object.assign(new Error(), { code: 'ECONNREFUSED' })) };
    const app = express().use(operationsRoutes({ registry: createRegistry('test'), checks, now }));
    const { port } = await serve(app);
    const ready = await fetch(`http://${HOST}:${port}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: 'unhealthy', database: 'error: connection refused' });
    expect((await fetch(`http://${HOST}:${port}/health/live`)).status).toBe(200);
  });
});
