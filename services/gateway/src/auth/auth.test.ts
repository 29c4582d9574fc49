import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { ProblemDetails, Session } from '@oncelog/event-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authenticationWith, keysOf, newKey, ringOf, type TestKey } from '../testing/api-keys.ts';
import { bodyOf, event, openTestGateway, type TestGateway } from '../testing/gateway.ts';
import type { Authentication } from './authentication.ts';

const reader = newKey({ name: 'reader' });
const publisher = newKey({ scopes: ['publish'] });
const shop = newKey({ scopes: ['publish', 'read'], topics: ['orders.', 'carts.'] });
const admin = newKey({ scopes: ['admin'] });
const ring = ringOf(reader, publisher, shop, admin);

let gateway: TestGateway;
let authentication: Authentication;
beforeAll(async () => {
  gateway = await openTestGateway({
    authentication: (log) => {
      authentication = authenticationWith(ring, { log });
      return authentication;
    },
  });
});
afterAll(() => gateway.close());

const bearer = ({ text }: TestKey) => ({ authorization: `Bearer ${text}` });
const request = (method: string, path: string, init: RequestInit = {}) =>
  fetch(`${gateway.url}${path}`, { method, ...init });
const get = (path: string, headers: Record<string, string> = {}) => request('GET', path, { headers });
const problemOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return (await response.json()) as ProblemDetails;
};
const pointersOf = async (response: Response) =>
  ((await problemOf(response)).errors ?? []).map(({ pointer }) => pointer);

/** The cookie of a session. */
async function signIn(key: TestKey, headers: Record<string, string> = {}): Promise<string> {
  const response = await request('POST', '/session', {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ api_key: key.text }),
  });
  expect(response.status).toBe(200);
  const [cookie = ''] = response.headers.getSetCookie();
  return cookie.split(';')[0] ?? '';
}

describe('a key', () => {
  it('is taken as a bearer token and as X-API-Key, and named in the log by its ID', async () => {
    expect((await get('/events', { ...bearer(reader), 'x-request-id': 'by-bearer' })).status).toBe(200);
    expect((await get('/events', { 'x-api-key': reader.text })).status).toBe(200);
    await expect
      .poll(() => gateway.logLines().find((line) => line.includes('by-bearer')))
      .toContain(`"keyId":"${reader.stored['id']}"`);
    expect(gateway.logLines().join('')).not.toContain(reader.text.slice(17));
  });

  it('is asked for by 401, with a challenge', async () => {
    const response = await get('/events');
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="oncelog"',
    ]);
    expect(await problemOf(response)).toMatchObject({ code: 'unauthenticated' });
  });

  it('that lacks a scope is told which', async () => {
    const response = await get('/events', bearer(publisher));
    expect(response.status).toBe(403);
    expect((await problemOf(response)).detail).toBe('This needs a key with the scope read.');
  });

  it('that is refused does not lose the answer, however large its body is', async () => {
    const body = 'x'.repeat(4_000_000);
    const headers = { 'content-type': 'application/json' };
    expect((await request('POST', '/publish', { headers, body })).status).toBe(401);
    expect(
      (await request('POST', '/publish', { headers: { ...headers, ...bearer(reader) }, body })).status,
    ).toBe(403);
  });

  it('has Idempotency-Keys of its own', async () => {
    const body = bodyOf(event({ topic: 'orders.a' }));
    const idOf = async (key: TestKey) => {
      const response = await gateway.post(body, { ...bearer(key), 'idempotency-key': 'k' });
      return ((await response.json()) as { batch_id: string }).batch_id;
    };
    expect(await idOf(publisher)).toBe(await idOf(publisher));
    expect(await idOf(publisher)).not.toBe(await idOf(shop));
  });
});

describe('a key that is limited to topics', () => {
  const post = (body: string | Uint8Array, type: string, headers: Record<string, string> = {}) =>
    gateway.post(body, { ...bearer(shop), 'content-type': type, ...headers });
  const ours = event({ topic: 'orders.created' });
  const theirs = event({ topic: 'invoices' });
  const entries = () => gateway.redis.xLen(gateway.key);

  it('publishes to these alone: JSON', async () => {
    const before = await entries();
    const refused = await post(bodyOf(ours, theirs, ours, theirs), 'application/json');
    expect(refused.status).toBe(403);
    expect(await pointersOf(refused)).toEqual(['/events/1/topic', '/events/3/topic']);
    // of a key that stands twice Postgres takes the last one, and so do we
    const twice = JSON.stringify(ours).replace('"topic"', '"topic":"orders.a","topic"');
    const disguised = twice.replace('orders.created', 'invoices');
    expect((await post(`{"events":[${disguised}]}`, 'application/json')).status).toBe(403);
    expect(
      (await post(gzipSync(bodyOf(theirs)), 'application/json', { 'content-encoding': 'gzip' })).status,
    ).toBe(403);
    expect(await entries()).toBe(before);
    expect((await post(bodyOf(ours, event({ topic: 'carts.' })), 'application/json')).status).toBe(202);
    expect((await post(`{"events":[${twice}]}`, 'application/json')).status).toBe(202);
    expect((await post(bodyOf(event({ topic: 'orders' })), 'application/json')).status).toBe(403);
  });

  it('publishes to these alone: lines', async () => {
    const lines = (...events: unknown[]) => events.map((one) => JSON.stringify(one)).join('\n');
    expect((await post(lines(ours, ours), 'application/x-ndjson')).status).toBe(202);
    const refused = await post(lines(ours, ours, theirs, theirs), 'application/x-ndjson');
    expect(refused.status).toBe(403);
    const { errors, kept } = await problemOf(refused);
    expect([errors?.map(({ pointer }) => pointer), kept?.lines]).toEqual([['/lines/3/topic'], 0]);
  });

  it('publishes to these alone: CloudEvents', async () => {
    const cloudEvent = (type: string) => ({ specversion: '1.0', id: '1', source: '/shop', type });
    const batch = (...types: string[]) => JSON.stringify(types.map(cloudEvent));
    const one = (type: string) => JSON.stringify(cloudEvent(type));
    const headers = (type: string) => ({
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/shop',
      'ce-type': type,
    });
    const BATCH = 'application/cloudevents-batch+json';
    const ONE = 'application/cloudevents+json';
    expect((await post(batch('orders.a', 'carts.b'), BATCH)).status).toBe(202);
    expect((await post(one('orders.a'), ONE)).status).toBe(202);
    expect((await post('{}', 'application/json', headers('orders.a'))).status).toBe(202);
    const refused = await Promise.all([
      post(batch('orders.a', 'invoices'), BATCH),
      post(one('invoices'), ONE),
      post('{}', 'application/json', headers('%69nvoices')),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(await Promise.all(refused.map(pointersOf))).toEqual([
      ['/1/type'],
      ['/type'],
      ['/headers/ce-type'],
    ]);
  });

  it.each(['/events', '/tail'])('reads these alone: %s', async (path) => {
    const ask = async (query: string) => {
      const stop = new AbortController();
      const response = await request('GET', `${path}${query}`, {
        headers: bearer(shop),
        signal: stop.signal,
      });
      const pointers = response.ok ? [] : await pointersOf(response);
      stop.abort();
      return [response.status, ...pointers];
    };
    expect(await ask('?topic=orders.created&topic=carts.x')).toEqual([200]);
    for (const query of [
      '',
      '?topic=',
      '?topic=invoices',
      '?topic=orders.created&topic=invoices',
      '?topics=orders.a',
    ]) {
      expect(await ask(query), query).toEqual([403, '/query/topic']);
    }
  });

  it('is not told what speaks of all topics', async () => {
    for (const path of ['/stats', '/live', '/consumers', '/audit', '/metrics', '/dead-letters']) {
      expect([path, (await get(path, bearer(shop))).status]).toEqual([path, 403]);
    }
    expect((await get(`/batches?batch_id=${crypto.randomUUID()}`, bearer(shop))).status).toBe(200);
  });
});

describe('a session', () => {
  it('is a cookie that scripts do not see and other sites do not send', async () => {
    const response = await request('POST', '/session', {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ api_key: reader.text }),
    });
    expect(response.headers.get('cache-control')).toBe('no-store');
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^oncelog_session=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(reader.text.slice(17));
    const session = (await response.json()) as Session;
    expect(session).toMatchObject({
      anonymous: false,
      id: reader.stored['id'],
      name: 'reader',
      scopes: ['read'],
    });
    const again = await get('/session', { cookie: cookie.split(';')[0] ?? '' });
    expect(await again.json()).toEqual(session);
  });

  it('reads as its key, follows streams, and is asked for where it is not', async () => {
    const cookie = await signIn(reader);
    expect((await get('/stats', { cookie })).status).toBe(200);
    expect((await get('/stats', { cookie: 'oncelog_session=x' })).status).toBe(401);
    expect((await get('/session')).status).toBe(401);
    expect(
      (await request('DELETE', '/dead-letters/1', { headers: { cookie, 'sec-fetch-site': 'same-origin' } }))
        .status,
    ).toBe(403);
  });

  it('changes something from our pages only', async () => {
    const cookie = await signIn(admin);
    const remove = async (headers: Record<string, string>) =>
      (await request('DELETE', '/dead-letters/1', { headers: { cookie, ...headers } })).status;
    expect(await remove({ 'sec-fetch-site': 'same-origin' })).toBe(404);
    expect(await remove({ origin: gateway.url })).toBe(404);
    expect(await remove({})).toBe(403);
    expect(await remove({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await remove({ 'sec-fetch-site': 'same-site', origin: gateway.url })).toBe(403);
    expect(await remove({ origin: 'https://evil.test' })).toBe(403);
    // a key is not sent by a browser that was lured
    expect((await request('DELETE', '/dead-letters/1', { headers: bearer(admin) })).status).toBe(404);
  });

  it('cannot be begun or ended by another site', async () => {
    const init = {
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'cross-site' },
      body: JSON.stringify({ api_key: reader.text }),
    };
    expect((await request('POST', '/session', init)).status).toBe(403);
    expect((await request('DELETE', '/session', { headers: { origin: 'https://evil.test' } })).status).toBe(
      403,
    );
    const form = { headers: { 'content-type': 'text/plain' }, body: init.body };
    expect((await request('POST', '/session', form)).status).toBe(415);
    const out = await request('DELETE', '/session');
    expect([out.status, out.headers.getSetCookie()[0]]).toEqual([
      204,
      expect.stringMatching(/^oncelog_session=; .*Expires=Thu, 01 Jan 1970/),
    ]);
  });
});

describe('what goes on for hours', () => {
  /** Resolves when the server has ended a stream that was open. */
  async function ends(path: string, headers: Record<string, string>): Promise<() => Promise<void>> {
    const socket = connect(gateway.port, '127.0.0.1');
    const lines = Object.entries({ host: 'h', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    const status = await new Promise<string>((resolve) =>
      socket.once('data', (data) => resolve(String(data))),
    );
    expect(status).toContain('200 OK');
    return () => closed;
  }

  it('ends with its key, and with it alone', async () => {
    const [leaving, staying] = [newKey(), newKey()];
    ring.replace(keysOf(reader, publisher, shop, admin, leaving, staying));
    const cookie = await signIn(leaving);
    const left = await Promise.all([ends('/tail', bearer(leaving)), ends('/live', { cookie })]);
    const stayed = await ends('/live', bearer(staying));
    authentication.check();
    ring.replace(keysOf(reader, publisher, shop, admin, staying));
    authentication.check();
    await Promise.all(left.map((closed) => closed()));
    expect((await get('/session', { cookie })).status).toBe(401);

    let isOver = false;
    const over = stayed().then(() => {
      isOver = true;
    });
    await get('/health'); // the server has had its turn
    expect(isOver).toBe(false);
    ring.replace(keysOf(reader, publisher, shop, admin));
    authentication.check();
    await over;
  });
});

it('an upload ends with its key, also behind an answer that goes on', async () => {
  const leaving = newKey({ scopes: ['publish'] });
  ring.replace(keysOf(reader, publisher, shop, admin, leaving));
  const socket = connect(gateway.port, '127.0.0.1').on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const head = (key: TestKey) => `HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${key.text}\r\n`;
  const answered = new Promise((resolve) => socket.once('data', resolve));
  socket.write(`GET /tail ${head(reader)}\r\n`);
  await answered;
  const lines = 'Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n';
  socket.write(`POST /publish ${head(leaving)}${lines}`);
  const bodies = async () =>
    /^oncelog_gateway_in_flight_body_bytes\b.* (\d+)$/m.exec(
      await (await get('/metrics', bearer(reader))).text(),
    )?.[1];
  await expect.poll(bodies, { timeout: 10_000 }).not.toBe('0');
  ring.replace(keysOf(reader, publisher, shop, admin));
  authentication.check();
  await closed;
  await expect.poll(bodies, { timeout: 10_000 }).toBe('0');
});

it('a proxy that demands keys gets nothing from a gateway without any', async () => {
  const open = await openTestGateway();
  try {
    const status = async (path: string, init: RequestInit = {}) =>
      (await fetch(`${open.url}${path}`, { ...init, headers: { 'x-oncelog-keys': 'required' } })).status;
    expect(await status('/stats')).toBe(403);
    expect(await status('/publish', { method: 'POST', body: '{}' })).toBe(403);
    expect(await status('/dead-letters?all=true', { method: 'DELETE' })).toBe(403);
    expect(await status('/health/live')).toBe(200);
  } finally {
    await open.close();
  }
  expect((await get('/stats', { ...bearer(reader), 'x-oncelog-keys': 'required' })).status).toBe(200);
});

it('tells who fails to sign in again and again to wait', async () => {
  const fail = () =>
    request('POST', '/session', {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ api_key: newKey().text }),
    });
  const statuses: number[] = [];
  let last = await fail();
  while (last.status === 401 && statuses.length < 20) {
    statuses.push(last.status);
    last = await fail();
  }
  expect(last.status).toBe(429);
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await problemOf(last)).toMatchObject({ code: 'too-many-requests' });
});

describe('a gateway without keys', () => {
  it('says that everybody may do everything, and ignores what it does not need', async () => {
    const open = await openTestGateway({ corsOrigins: 'https://ops.example' });
    try {
      const everybody = { anonymous: true, id: null, scopes: ['publish', 'read', 'admin'] };
      expect(await (await fetch(`${open.url}/session`)).json()).toMatchObject(everybody);
      const signedIn = await fetch(`${open.url}/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"api_key":"x"}',
      });
      expect([await signedIn.json(), signedIn.headers.getSetCookie()]).toEqual([
        expect.objectContaining(everybody),
        [],
      ]);
      const response = await fetch(`${open.url}/stats`, { headers: { authorization: 'Bearer x' } });
      expect(response.status).toBe(200);

      const replay = async (headers: Record<string, string>) =>
        (await fetch(`${open.url}/dead-letters/1/replay`, { method: 'POST', headers })).status;
      expect(await replay({ origin: 'https://elsewhere.example' })).toBe(403);
      expect(await replay({ 'sec-fetch-site': 'cross-site' })).toBe(403);
      expect(await replay({ origin: open.url })).toBe(404);
      expect(await replay({})).toBe(404);
      // those that CORS lets use the API
      expect(await replay({ origin: 'https://ops.example', 'sec-fetch-site': 'cross-site' })).toBe(404);
      expect(await replay({ origin: 'https://ops.example.org' })).toBe(403);
    } finally {
      await open.close();
    }
  });
});
