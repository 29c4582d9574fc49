import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import {
  bodyOf,
  event,
  openTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from './testing/gateway.ts';

let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
});
const open = async (options: TestGatewayOptions): Promise<TestGateway> => {
  gateway = await openTestGateway(options);
  return gateway;
};

it('answers 503 with Retry-After when the backlog is full, and has written nothing', async () => {
  const { post, redis, key } = await open({ maxBacklogEvents: 3 });
  expect((await post(bodyOf(event(), event()))).status).toBe(202);
  const refused = await post(bodyOf(event(), event()));
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ code: 'backlog-full' });
  expect(await redis.xLen(key)).toBe(1);
});

it('answers 503 when Redis is not there', async () => {
  const { post } = await open({ redisUrl: 'redis://127.0.0.1:1' });
  const refused = await post(bodyOf(event()));
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(await refused.json()).toMatchObject({ code: 'stream-unavailable' });
});

it('answers 503 when Redis accepts the connection and then says nothing', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { post } = await open({ redisUrl: `redis://127.0.0.1:${(silent.address() as AddressInfo).port}` });
  expect((await post(bodyOf(event()))).status).toBe(503);
  await gateway?.close();
  gateway = undefined;
  silent.close();
});

it('answers 503 when Redis refuses to write, and has written nothing', async () => {
  const { post, redis, key } = await open({});
  await redis.sendCommand(['REPLICAOF', '127.0.0.1', '1']); // a replica is read-only
  try {
    const refused = await post(bodyOf(event()));
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'stream-unavailable' });
  } finally {
    await redis.sendCommand(['REPLICAOF', 'NO', 'ONE']);
  }
  expect(await redis.xLen(key)).toBe(0);
  expect((await post(bodyOf(event()))).status).toBe(202);
});

/** Begins a body of 10,000 bytes, for all that its headers say, and does not go on. */
function beginBody(port: number, localAddress: string) {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => {});
  socket.write(
    'POST /publish HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n',
  );
  return socket;
}

it('answers 503 while too many bodies are in memory, counts those that still arrive, and forgets those that are gone', async () => {
  const { post, port } = await open({ maxBodyBytes: 10_000, maxInFlightBytes: 30_000 });
  const sockets = ['127.0.0.2', '127.0.0.3', '127.0.0.4'].map((address) => beginBody(port, address));
  await expect.poll(async () => (await post(bodyOf(event()))).status).toBe(503);
  for (const socket of sockets) socket.destroy();
  await expect.poll(async () => (await post(bodyOf(event()))).status).toBe(202);
});

it('lets one client have half of that memory, and the others the rest', async () => {
  const { post, port } = await open({ maxBodyBytes: 10_000, maxInFlightBytes: 20_000 });
  const greedy = Array.from({ length: 3 }, () => beginBody(port, '127.0.0.2'));
  const answers = greedy.map((socket) => new Promise((resolve) => socket.once('data', resolve)));
  expect(String(await Promise.any(answers))).toMatch(/^HTTP\/1\.1 503 /);
  expect((await post(bodyOf(event()))).status).toBe(202);
  for (const socket of greedy) socket.destroy();
});

it('tries again when the first answer of Redis is lost, and the batch counts once for the stream', async () => {
  const { post, redis, key } = await open({});
  const [client] = ((await redis.sendCommand(['CLIENT', 'LIST'])) as unknown as string)
    .split('\n')
    .filter((line) => line.includes(`name=${key.split(':')[0]}-writer`));
  await redis.sendCommand(['CLIENT', 'KILL', 'ID', /^id=(\d+)/.exec(client ?? '')?.[1] ?? '']);
  expect((await post(bodyOf(event()))).status).toBe(202);
  expect(await redis.xLen(key)).toBe(1);
});
