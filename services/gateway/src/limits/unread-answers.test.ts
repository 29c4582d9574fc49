import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { openTestGateway } from '../testing/gateway.ts';

it('cuts off who does not take his answers, also those that wait behind one that goes on', async () => {
  const gateway = await openTestGateway({ maxUnreadBytes: 500_000 });
  try {
    const { length } = await (await fetch(`${gateway.url}/openapi.json`)).text();
    expect(length).toBeGreaterThan(65_536);
    const socket = connect(gateway.port, '127.0.0.1').on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
    socket.write(get('/tail') + get('/openapi.json').repeat(Math.min(15, Math.ceil(600_000 / length))));
    await closed;
    expect(gateway.logLines().join('')).toMatch(/client does not read: cut off/);
  } finally {
    await gateway.close();
  }
});
