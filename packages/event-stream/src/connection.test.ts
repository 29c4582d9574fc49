import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer, type Server } from 'node:net';
import { testRedisUrl } from '@oncelog/local-stack/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { type Connection, openConnection } from './connection.ts';
import { StreamRefusedError, StreamUnavailableError } from './errors.ts';
import { silentLog } from './testing/index.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

function open(url: string, replyTimeoutMs = 3_000): Connection {
  const connection = openConnection({ url, log: silentLog, name: 'test', replyTimeoutMs });
  closers.push(() => connection.close());
  return connection;
}

const connected = (connection: Connection) =>
  expect
    .poll(() =>
      connection
        .run((client) => client.ping())
        .then(
          () => true,
          () => false,
        ),
    )
    .toBe(true);

describe('openConnection', () => {
  it('refuses at once while there is no server', async () => {
    const { port } = await listenAndClose();
    const connection = open(`redis://127.0.0.1:${port}`);
    await expect(connection.run((client) => client.ping())).rejects.toBeInstanceOf(StreamUnavailableError);
  });

  it('tells an answer of Redis from a failure of the connection', async () => {
    const connection = open(testRedisUrl());
    await connected(connection);
    const failing = connection.run((client) => client.sendCommand(['XADD', 'wrong']));
    await expect(failing).rejects.toBeInstanceOf(StreamRefusedError);
    await expect(failing).rejects.toMatchObject({ code: 'ERR' });
  });

  it('gives up on a server that does not answer, also while new commands keep coming', {
    timeout: 10_000,
  }, async () => {
    const connection = open(testRedisUrl(), 300);
    await connected(connection);
    // a blocking command stands for a frozen server: what is sent behind it is not answered
    const frozen = connection.run((client) => client.sendCommand(['BLPOP', `nothing-${process.pid}`, '30']));
    const ends = frozen.catch((error: unknown) => error);
    const keepWriting = setInterval(() => connection.run((client) => client.ping()).catch(() => {}), 20);
    closers.push(() => clearInterval(keepWriting));
    expect(await ends).toBeInstanceOf(StreamUnavailableError);
    await connected(connection);
  });
});

it('tells an observer of each change, however often it tries to connect', async () => {
  const sockets = new Set<Socket>();
  const { hostname, port: redisPort } = new URL(testRedisUrl());
  const proxy = createServer((client) => {
    const server = connect(Number(redisPort), hostname);
    for (const socket of [client, server]) sockets.add(socket.on('error', () => {}));
    client.pipe(server).pipe(client);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => proxy.once('listening', resolve));
  const { port } = proxy.address() as AddressInfo;
  const told: string[] = [];
  const observer = {
    opened: () => told.push('opened'),
    ready: () => told.push('ready'),
    lost: () => told.push('lost'),
    closed: (wasReady: boolean) => told.push(`closed ${wasReady}`),
  };
  const url = new URL(testRedisUrl());
  url.host = `127.0.0.1:${port}`;
  const connection = openConnection({ url: url.href, log: silentLog, name: 'test', observer });
  await connected(connection);
  expect(told).toEqual(['opened', 'ready']);
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  cut();
  await expect.poll(() => told.length, { timeout: 10_000 }).toBe(4);
  expect(told).toEqual(['opened', 'ready', 'lost', 'ready']);
  proxy.close();
  cut();
  // no attempt succeeds now
  await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe('lost');
  await connection.close();
  expect(told).toEqual(['opened', 'ready', 'lost', 'ready', 'lost', 'closed false']);
});

async function listenAndClose(): Promise<AddressInfo> {
  const server: Server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return address;
}
