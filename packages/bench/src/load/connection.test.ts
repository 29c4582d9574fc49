import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { openPublishConnection } from './connection.ts';

/** Answers with these statuses in turn, then 202. */
async function openGateway(...statuses: number[]) {
  const received: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`);
    response.writeHead(statuses.shift() ?? 202, { 'retry-after': '0' }).end('the answer');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const connection = openPublishConnection(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(async () => {
    await connection.close();
    server.close();
  });
  return { received, connection };
}

it('publishes the bytes as they are', async () => {
  const { received, connection } = await openGateway();
  await connection.publish(Buffer.from('{"events":[]}'));
  expect(received).toEqual(['POST /publish application/json {"events":[]}']);
  expect(connection.retries()).toBe(0);
});

it('sends again what is answered 503 or 429', async () => {
  const { received, connection } = await openGateway(503, 429);
  await connection.publish(Buffer.from('{}'));
  expect(received).toHaveLength(3);
  expect(connection.retries()).toBe(2);
});

it.each([200, 400, 500])('fails at %i', async (status) => {
  const { connection } = await openGateway(status);
  await expect(connection.publish(Buffer.from('{}'))).rejects.toThrow(`POST /publish: ${status} the answer`);
});
