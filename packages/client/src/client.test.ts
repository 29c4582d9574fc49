import { expect, test } from 'vitest';
import { createClient } from './client.ts';
import { recordedTime } from './testing/recorded-time.ts';
import { answer, scriptedServer } from './testing/scripted-server.ts';

const health = { status: 'healthy' };

test.each([
  ['', '/health'],
  ['/', '/health'],
  ['/logs', '/logs/health'],
  ['/logs/?a=b#c', '/logs/health'],
])('the address may have a path prefix: %j', async (suffix, path) => {
  await using server = await scriptedServer(answer(200, health));
  await createClient({ url: `${server.url}${suffix}` }).health();

  expect(server.requests[0]?.path).toBe(path);
});

test.each([
  ['127.0.0.1:8080', /^url must be the gateway's address, such as http/],
  ['localhost:8080', /must be http:\/\/ or https:\/\/, not localhost:/],
  ['ftp://127.0.0.1', /must be http:\/\//],
  ['http://user:secret@127.0.0.1', /must not contain credentials/],
])('an address that fetch would refuse is refused at once: %s', (url, message) => {
  expect(() => createClient({ url })).toThrow(message);
});

test('fetch can be given, and is called as a function, not as a method', async () => {
  const fetched: unknown[] = [];
  function fakeFetch(this: unknown, url: unknown): Promise<Response> {
    fetched.push(this, String(url));
    return Promise.resolve(Response.json(health));
  }
  await createClient({ url: 'http://gateway.test', fetch: fakeFetch }).health();

  expect(fetched).toEqual([undefined, 'http://gateway.test/health']);
});

test('nothing listening: says so at each retry', async () => {
  const time = recordedTime();
  const client = createClient({ url: 'http://127.0.0.1:1', retry: { maxAttempts: 2 }, ...time.options });

  await expect(client.health()).rejects.toThrow(/GET \/health failed 2 times: /);
  expect(time.notices).toHaveLength(1);
});

test('a fetch that throws anything at all is a failed attempt', async () => {
  const thrown = ['closed', new Error(''), new Error('x', { cause: { code: 'ECONNREFUSED', message: '' } })];
  const time = recordedTime();
  const client = createClient({
    url: 'http://gateway.test',
    fetch: () =>
      thrown.length > 0 ? Promise.reject(thrown.shift()) : Promise.resolve(Response.json(health)),
    ...time.options,
  });

  expect(await client.health()).toEqual(health);
  expect(time.notices.map(({ cause }) => cause.message)).toEqual(['closed', 'Error', 'ECONNREFUSED']);
});

test('retries also where nobody wants to be told', async () => {
  await using server = await scriptedServer(answer(500, {}), answer(200, health));
  const { onRetry: _unused, ...time } = recordedTime().options;

  expect(await createClient({ url: server.url, ...time }).health()).toEqual(health);
});
