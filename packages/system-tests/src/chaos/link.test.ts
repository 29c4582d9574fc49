import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Link, openLink } from './link.ts';

let echo: Server;
let link: Link;
const sockets: Socket[] = [];
const echoing: Socket[] = [];
beforeEach(async () => {
  echo = createServer((socket) => {
    echoing.push(socket);
    socket.on('error', () => {}).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  link = await openLink((echo.address() as { port: number }).port);
});
afterEach(async () => {
  for (const socket of [...sockets.splice(0), ...echoing.splice(0)]) socket.destroy();
  await link.close();
  await new Promise((resolve) => echo.close(resolve));
});

function dial(options: { allowHalfOpen?: boolean } = {}) {
  const socket = connect({ port: link.port, host: '127.0.0.1', ...options });
  sockets.push(socket);
  let received = '';
  let error: unknown;
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', (given) => {
    error = given;
  });
  return { socket, received: () => received, error: () => error };
}

it('passes bytes on, in both directions', async () => {
  const { socket, received } = dial();
  const text = 'x'.repeat(1_000_000);
  socket.write(text);
  await expect.poll(received).toBe(text);
  socket.end();
  await once(socket, 'close');
});

it('holds back what is sent while it is stalled, and loses nothing of it', async () => {
  const before = dial();
  before.socket.write('a');
  await expect.poll(before.received).toBe('a');
  link.stall();
  const during = dial();
  before.socket.write('b');
  during.socket.write('c');
  const witness = dial();
  await once(witness.socket, 'connect');
  expect([before.received(), during.received()]).toEqual(['a', '']);
  link.mend();
  await expect.poll(before.received).toBe('ab');
  await expect.poll(during.received).toBe('c');
});

it('resets connections and refuses new ones while it is cut', async () => {
  const before = dial();
  before.socket.write('a');
  await expect.poll(before.received).toBe('a');
  link.cut();
  await expect.poll(before.error).toMatchObject({ code: 'ECONNRESET' });
  const during = dial();
  await expect.poll(() => during.socket.destroyed).toBe(true);
  expect(during.received()).toBe('');
  link.mend();
  const after = dial();
  after.socket.write('b');
  await expect.poll(after.received).toBe('b');
});

it('leaves no connection open of which one side is gone', async () => {
  const { socket, received } = dial({ allowHalfOpen: true });
  socket.write('a');
  await expect.poll(received).toBe('a');
  // the far side closes; the near side hears of it, but goes on
  for (const far of echoing) far.destroySoon();
  await once(socket, 'end');
  await expect
    .poll(() => {
      socket.write('b');
      return socket.destroyed;
    })
    .toBe(true);
});
