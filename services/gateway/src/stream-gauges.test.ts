import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@oncelog/event-store/testing';
import { openReader } from '@oncelog/event-stream';
import { openTestRedis, silentLog } from '@oncelog/event-stream/testing';
import { type RunningServer, startRedis } from '@oncelog/local-stack';
import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { createLogger, loadConfig, noFailPoints, passThroughTracer } from '@oncelog/service-kit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { gatewayConfig } from './config.ts';
import { startGateway } from './service.ts';
import { bodyOf, event } from './testing/gateway.ts';

const GAUGE = /^oncelog_(?:stream|redis(?=_memory))_(\w+)\{(?:shard="(\d+)",)?service="gateway"\} (\S+)$/gm;
const LIMITS = {
  'backlog_limit_events 0': 20_000,
  'backlog_limit_events 1': 20_000,
  'backlog_limit_bytes 0': 7e6,
  'backlog_limit_bytes 1': 7e6,
};

/** A Redis of this file's own, to be frozen and ended. */
let redis: RunningServer;
let database: TestDatabase;
let url: string;
const dir = mkdtempSync(join(tmpdir(), 'oncelog-gauges-'));
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  redis = await startRedis({ dataDir: join(dir, 'data'), logFile: join(dir, 'redis.log') });
  database = await createTestDatabase(testPostgresUrl());
  const config = loadConfig(gatewayConfig, {
    DATABASE_URL: database.as('oncelog_gateway'),
    REDIS_URL: redis.url,
    STREAM_SHARDS: '2',
    PORT: '0',
    MAX_BACKLOG_EVENTS: '20000',
    MAX_BACKLOG_BYTES: '7000000',
    AUDIT_INTERVAL_MS: '0',
  });
  const log = createLogger('gateway', 'fatal');
  const ids = { newBatchId: randomUUID, newRequestId: randomUUID, newSecret: randomUUID };
  const deps = {
    log,
    opened,
    now: () => new Date(),
    random: Math.random,
    failPoint: noFailPoints,
    ...ids,
    tracer: passThroughTracer,
  };
  url = `http://127.0.0.1:${(await startGateway(deps, config)).port}`;
});
afterAll(async () => {
  redis.kill('SIGKILL');
  await opened.disposeAsync();
  await database.drop();
  rmSync(dir, { recursive: true });
});

const publish = (events: number): Promise<Response> =>
  fetch(`${url}/publish`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: bodyOf(...Array.from({ length: events }, () => event())),
  });

/** `{ 'backlog_events 0': 3, … }` */
async function scrape(): Promise<Record<string, number>> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) });
  expect(response.status).toBe(200);
  const gauges = [...(await response.text()).matchAll(GAUGE)];
  return Object.fromEntries(
    gauges.map(([, name, shard, value]) => [`${name} ${shard ?? ''}`.trim(), Number(value)]),
  );
}

it('shows what was published and not acknowledged, by shard, and what Redis needs for it', async () => {
  for (const events of [3, 4, 5]) expect((await publish(events)).status).toBe(202);
  const client = await openTestRedis(redis.url);
  await client.configSet('maxmemory', '1gb');
  const bytes = Number(await client.hGet('oncelog:events:{1}:totals', 'appended_bytes'));
  const gauges = await scrape();
  expect(gauges).toMatchObject({
    ...LIMITS,
    'backlog_events 0': 8,
    'backlog_events 1': 4,
    'backlog_bytes 1': bytes,
    'lag_entries 0': 2,
    'lag_entries 1': 1,
    'pending_entries 0': 0,
    'pending_entries 1': 0,
    'oldest_unapplied_age_seconds 0': expect.any(Number),
    memory_max_bytes: 1024 ** 3,
  });
  expect(bytes).toBeGreaterThan(100);
  expect(gauges['memory_used_bytes']).toBeGreaterThan(100_000);
  await client.close();
});

it('follows what consumers read and acknowledge', async () => {
  const options = { url: redis.url, prefix: 'oncelog', shard: 0, consumer: 'one', log: silentLog };
  const reader = openReader(options);
  await vi.waitFor(() => reader.ensureGroup(), 10_000);
  const [first, ...rest] = await reader.read(
    { maxEntries: 2, maxBytes: 1e6 },
    { blockMs: 1_000, lingerMs: 0 },
  );
  expect(await scrape()).toMatchObject({ 'lag_entries 0': 0, 'pending_entries 0': 2, 'backlog_events 0': 8 });
  if (first !== undefined) await reader.ack([first]);
  expect(await scrape()).toMatchObject({ 'pending_entries 0': 1, 'backlog_events 0': 5 });
  await reader.ack(rest);
  expect(await scrape()).toMatchObject({
    'pending_entries 0': 0,
    'backlog_events 0': 0,
    'backlog_bytes 0': 0,
    'oldest_unapplied_age_seconds 0': 0,
  });
  expect((await scrape())['oldest_unapplied_age_seconds 1']).toBeGreaterThan(0);
  await reader.close();
});

it('asks Redis once for all gauges of a scrape', async () => {
  const client = await openTestRedis(redis.url);
  const calls = async (): Promise<number> =>
    Number(/^cmdstat_info:calls=(\d+)/m.exec(await client.info('commandstats'))?.[1]);
  const before = await calls();
  await scrape();
  expect((await calls()) - before).toBe(2); // one, and the look at the counter
  await client.close();
});

it('answers while Redis is frozen, and the gauges that it cannot know have no value', async () => {
  process.kill(redis.pid, 'SIGSTOP');
  try {
    expect(await scrape()).toEqual(LIMITS);
    expect(await scrape()).toEqual(LIMITS);
  } finally {
    process.kill(redis.pid, 'SIGCONT');
  }
  await vi.waitFor(async () => expect(await scrape()).toMatchObject({ 'backlog_events 1': 4 }), 10_000);
});

it('answers when Redis is gone, and has the gauges again when it is back', async () => {
  const { port } = redis;
  await redis.stop();
  expect(await scrape()).toEqual(LIMITS);
  redis = await startRedis({ dataDir: join(dir, 'data'), logFile: join(dir, 'redis.log'), port });
  const again = { 'backlog_events 1': 4, 'lag_entries 1': 1 };
  await vi.waitFor(async () => expect(await scrape()).toMatchObject(again), 10_000);
});
