import { type AddressInfo, createServer } from 'node:net';
import { openCommands } from '@oncelog/event-stream';
import { openTestRedis, silentLog, testPrefix } from '@oncelog/event-stream/testing';
import { testRedisUrl } from '@oncelog/local-stack/testing';
import { createLogger, createRegistry, listen } from '@oncelog/service-kit';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { requestFields } from '../auth/principal.ts';
import { errorHandler } from '../error-handler.ts';
import { createGatewayMetrics } from '../metrics.ts';
import { createLineLimit } from './line-limit.ts';
import { type RateLimitConfig, rateLimit } from './rate-limit.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
let prefix: string;
let lines: string[];
/** Keys of the requests that were answered, for the log. */
let answered: unknown[];
beforeEach(() => {
  prefix = testPrefix();
  lines = [];
  answered = [];
});

interface Gateway {
  get(path?: string, headers?: Record<string, string>): Promise<Response>;
}

/** What a gateway does with requests before it looks at them. An `x-key` header stands for authentication. */
async function open(config: Partial<RateLimitConfig> = {}, redisUrl = testRedisUrl()): Promise<Gateway> {
  const log = createLogger('gateway', 'info', { write: (line: string) => lines.push(line) });
  const lineLimit = createLineLimit({ log }, 2);
  const metrics = createGatewayMetrics(createRegistry('gateway'));
  const counters = openCommands({ url: redisUrl, name: 'counters', log: silentLog, replyTimeoutMs: 500 });
  if (redisUrl === testRedisUrl()) await vi.waitFor(() => counters.send('PING'), 10_000);
  const limits = {
    streamPrefix: prefix,
    rateLimitRequests: 3,
    rateLimitWindowSeconds: 60,
    rateLimitOnStoreFailure: 'open' as const,
    ...config,
  };
  const app = express()
    .set('trust proxy', 1)
    .use((_request, response, next) => {
      response.locals['requestId'] = 'id';
      response.on('close', () => answered.push(requestFields(response).keyId));
      next();
    })
    .use(
      rateLimit(
        { keyIdOf: (request) => request.get('x-key'), sendCommand: counters.send, log, lineLimit, metrics },
        limits,
      ),
    )
    .use((_request, response) => void response.send('served'))
    .use(errorHandler({ log, lineLimit, metrics }));
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  closing.push(() => Promise.all([server.close(), counters.close()]));
  return { get: (path = '/', headers = {}) => fetch(`http://127.0.0.1:${server.port}${path}`, { headers }) };
}

const statuses = async (answers: Promise<Response>[]): Promise<number[]> =>
  (await Promise.all(answers)).map(({ status }) => status).sort();

describe('a client', () => {
  it('is told what is left, and is refused with 429 beyond the limit', async () => {
    const { get } = await open();
    const first = await get();
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'ratelimit-limit': '3',
      'ratelimit-remaining': '2',
      'ratelimit-policy': '3;w=60',
    });
    expect(await statuses([get(), get()])).toEqual([200, 200]);
    const refused = await get();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(await refused.json()).toMatchObject({ status: 429, code: 'too-many-requests' });
    for (const header of ['retry-after', 'ratelimit-reset']) {
      const seconds = Number(refused.headers.get(header));
      expect(seconds, header).toBeGreaterThan(0);
      expect(seconds, header).toBeLessThanOrEqual(60);
    }
  });

  it('may come again when the window has ended', async () => {
    const { get } = await open({ rateLimitRequests: 1, rateLimitWindowSeconds: 1 });
    expect((await get()).status).toBe(200);
    expect((await get()).status).toBe(429);
    await vi.waitFor(async () => expect((await get()).status).toBe(200), 10_000);
  });

  it('is its API key where it has one, and else its address', async () => {
    const { get } = await open({ rateLimitRequests: 1 });
    const clients = [
      { 'x-key': 'one' },
      { 'x-key': 'two' },
      { 'x-forwarded-for': '192.0.2.1' },
      { 'x-forwarded-for': '192.0.2.2' },
      { 'x-forwarded-for': '2001:db8:0:100::1' },
      { 'x-forwarded-for': '2001:db8:1:100::1' },
    ];
    expect(await statuses(clients.map((headers) => get('/', headers as Record<string, string>)))).toEqual([
      200, 200, 200, 200, 200, 200,
    ]);
    // the same key elsewhere, an address of the same network, and what only the proxy before ours has said
    const again = [
      { 'x-key': 'one', 'x-forwarded-for': '192.0.2.9' },
      { 'x-forwarded-for': '2001:db8:0:1ff::2' },
      { 'x-forwarded-for': '192.0.2.77, 192.0.2.1' },
    ];
    expect(await statuses(again.map((headers) => get('/', headers as Record<string, string>)))).toEqual([
      429, 429, 429,
    ]);
    // and the log says whose limit it is
    await expect.poll(() => answered, { timeout: 10_000 }).toContain('one');
    const redis = await openTestRedis(testRedisUrl());
    const keys = await redis.keys(`${prefix}:rate:*`);
    await redis.close();
    expect(keys.map((key) => key.slice(prefix.length)).sort()).toEqual(
      [
        ':rate:address:192.0.2.1',
        ':rate:address:192.0.2.2',
        ':rate:address:2001:db8:1:100::/56',
        ':rate:address:2001:db8:0:100::/56',
        ':rate:key:one',
        ':rate:key:two',
      ].sort(),
    );
  });

  it('is counted by all gateways together', async () => {
    const gateways = [await open({ rateLimitRequests: 10 }), await open({ rateLimitRequests: 10 })];
    const answers = Array.from({ length: 30 }, (_, i) => gateways[i % 2]?.get() as Promise<Response>);
    const counts = Map.groupBy(await statuses(answers), (status) => status);
    expect([counts.get(200)?.length, counts.get(429)?.length]).toEqual([10, 20]);
  });

  it('is not counted when it asks for health', async () => {
    const { get } = await open({ rateLimitRequests: 1 });
    await get();
    const probes = ['/health', '/health/live', '/health/ready'].flatMap((path) => [get(path), get(path)]);
    expect(await statuses(probes)).toEqual([200, 200, 200, 200, 200, 200]);
  });
});

describe('a Redis', () => {
  it('that has lost its scripts counts on', async () => {
    const { get } = await open({ rateLimitRequests: 2 });
    await get();
    const redis = await openTestRedis(testRedisUrl());
    await redis.scriptFlush();
    await redis.close();
    expect((await get()).status).toBe(200);
    expect((await get()).status).toBe(429);
  });

  it('that is away lets everything through, or nothing, as it is configured, and the log stays short', async () => {
    const away = 'redis://127.0.0.1:1';
    const through = await open({}, away);
    expect(await statuses(Array.from({ length: 20 }, () => through.get()))).toEqual(Array(20).fill(200));
    expect(lines).toHaveLength(2);
    const closed = await open({ rateLimitOnStoreFailure: 'closed' }, away);
    const refused = await closed.get();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ code: 'limits-unavailable' });
    expect((await closed.get('/health')).status).toBe(200);
  });

  it('that takes the connection and says nothing holds nobody up', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    closing.push(() => void silent.close());
    const { get } = await open({}, `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    expect(await statuses(Array.from({ length: 20 }, () => get()))).toEqual(Array(20).fill(200));
  });
});
