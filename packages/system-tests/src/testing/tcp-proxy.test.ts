import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts';

let echo: Server;
let proxy: TcpProxy;
let socket: Socket;
beforeAll(async () => {
  echo = createServer((client) => client.on('error', () => {}).pipe(client)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await openTcpProxy({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port });
});
afterAll(async () => {
  await proxy.close();
  echo.close();
});
beforeEach(() => {
  proxy.behave({ kind: 'pass' });
  socket = connect(proxy.port, '127.0.0.1').on('error', () => {});
});
afterEach(() => {
  socket.destroy();
});

async function answer(text: string): Promise<{ received: string; chunks: number; ms: number }> {
  const startedAt = performance.now();
  socket.write(text);
  let received = '';
  let chunks = 0;
  while (received.length < text.length) {
    received += String((await once(socket, 'data'))[0]);
    chunks += 1;
  }
  return { received, chunks, ms: performance.now() - startedAt };
}

it('passes everything on, in both directions', async () => {
  expect((await answer('a'.repeat(1_000_000))).received).toBe('a'.repeat(1_000_000));
});

it('delays', async () => {
  proxy.behave({ kind: 'delay', ms: 50 });
  expect((await answer('late')).ms).toBeGreaterThanOrEqual(95);
});

it('throttles', async () => {
  proxy.behave({ kind: 'throttle', bytesPerSecond: 10_000 });
  expect((await answer('a'.repeat(2_000))).ms).toBeGreaterThanOrEqual(180);
});

it('slices, and keeps the order', async () => {
  proxy.behave({ kind: 'slice' });
  const text = Array.from({ length: 2_000 }, (_, i) => i).join();
  const { received, chunks } = await answer(text);
  expect(received).toBe(text);
  expect(chunks).toBeGreaterThan(1);
});

it('stalls: accepts, says nothing, and stays silent on that connection for good', async () => {
  await answer('before');
  proxy.behave({ kind: 'stall' });
  socket.write('lost');
  const silent = once(socket, 'data').then(() => 'an answer');
  const other = connect(proxy.port, '127.0.0.1');
  await once(other, 'connect');
  other.destroy();
  // what is sent later on a new connection comes back, so the silence of the old one is no slowness
  await new Promise(setImmediate);
  proxy.behave({ kind: 'pass' });
  socket.write('lost as well');
  const fresh = connect(proxy.port, '127.0.0.1');
  fresh.write('new');
  expect(String((await once(fresh, 'data'))[0])).toBe('new');
  fresh.destroy();
  expect(await Promise.race([silent, Promise.resolve('silence')])).toBe('silence');
});

it('cuts with FIN and resets with RST', async () => {
  await answer('before');
  proxy.cut();
  expect(await once(socket, 'close')).toEqual([false]);
  socket = connect(proxy.port, '127.0.0.1').on('error', () => {});
  await answer('again');
  const error = once(socket, 'error');
  proxy.reset();
  expect((await error)[0]).toMatchObject({ code: 'ECONNRESET' });
});
