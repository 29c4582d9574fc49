import { testRedisUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openTestRedis, silentLog, testPrefix } from './testing/index.ts';
import { openWriter, type StreamWriter } from './writer.ts';

let redis: Awaited<ReturnType<typeof openTestRedis>>;
let writer: StreamWriter;

beforeAll(async () => {
  redis = await openTestRedis(testRedisUrl());
  const backlogLimit = { maxEvents: 1e6, maxBytes: 1e9 };
  writer = openWriter({ url: testRedisUrl(), prefix: testPrefix(), shards: 1, backlogLimit, log: silentLog });
  await vi.waitFor(() => writer.ping(), 10_000);
});
afterAll(async () => {
  await redis.configSet('maxmemory', '0');
  await writer.close();
  await redis.close();
});

it("gives the server's memory and its limit, and 0 where there is none", async () => {
  const { usedBytes, maxBytes } = await writer.memory();
  expect(usedBytes).toBeGreaterThan(100_000);
  expect(maxBytes).toBe(0);
  await redis.configSet('maxmemory', '3gb');
  expect((await writer.memory()).maxBytes).toBe(3 * 1024 ** 3);
});
