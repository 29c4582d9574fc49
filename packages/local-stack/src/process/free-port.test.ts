import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { checkPort, findFreePort } from './free-port.ts';

it('finds ports below the ephemeral range, another one each time', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, findFreePort));
  expect(new Set(ports).size).toBe(50);
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(20_000);
  expect(Math.max(...ports)).toBeLessThan(30_000);
});

it('says when a port is taken', async () => {
  const port = await findFreePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect(await checkPort(port)).toBe('EADDRINUSE');
  await new Promise((resolve) => server.close(resolve));
  expect(await checkPort(port)).toBeUndefined();
});
