import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startRedis } from '@oncelog/local-stack';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { openReader } from './reader.ts';
import { openTestRedis, silentLog, streamBatch, testPrefix } from './testing/index.ts';
import { sumTotals } from './totals.ts';
import { openWriter, type StreamWriter } from './writer.ts';

/** A Redis of this file's own: with its memory limit others could not append. */
const dir = mkdtempSync(join(tmpdir(), 'oncelog-memory-'));
const prefix = testPrefix();
let server: RunningServer;
let redis: Awaited<ReturnType<typeof openTestRedis>>;
let writer: StreamWriter;

beforeAll(async () => {
  server = await startRedis({ dataDir: join(dir, 'data'), logFile: join(dir, 'redis.log') });
  redis = await openTestRedis(server.url);
  const backlogLimit = { maxEvents: 1e6, maxBytes: 1e9 };
  writer = openWriter({ url: server.url, prefix, shards: 1, backlogLimit, log: silentLog });
  await vi.waitFor(() => writer.ping(), 10_000);
});
afterEach(() => redis.configSet('maxmemory', '0'));
afterAll(async () => {
  await writer.close();
  await redis.close();
  await server.stop();
  rmSync(dir, { recursive: true });
});

it("gives the server's memory and its limit, and 0 where there is none", async () => {
  const { usedBytes, maxBytes } = await writer.memory();
  expect(usedBytes).toBeGreaterThan(100_000);
  expect(maxBytes).toBe(0);
  await redis.configSet('maxmemory', '3gb');
  expect((await writer.memory()).maxBytes).toBe(3 * 1024 ** 3);
});

it('refuses to append at the limit, and still reads, acknowledges and trims, with exact totals', async () => {
  for (let i = 0; i < 3; i += 1) await writer.append(streamBatch(2, { body: Buffer.alloc(8000, 'x') }));
  const reader = openReader({ url: server.url, log: silentLog, prefix, shard: 0, consumer: 'one' });
  await vi.waitFor(() => reader.ensureGroup(), 10_000);
  await redis.configSet('maxmemory', '1');
  await expect(writer.append(streamBatch())).rejects.toMatchObject({ code: 'OOM' });
  expect((await writer.oldestUnappliedMs())[0]).toBeGreaterThanOrEqual(0);
  await reader.announce({ startedAt: new Date(), version: '1.2.3', applied: true });
  expect(await writer.members()).toMatchObject([{ name: 'one', version: '1.2.3' }]);
  await reader.ack(await reader.read({ maxEntries: 100, maxBytes: 1e6 }, { blockMs: 1, lingerMs: 0 }));
  await reader.trim();
  await redis.configSet('maxmemory', '0');
  expect(sumTotals(await writer.totals())).toMatchObject({
    appendedEvents: 6,
    inFlightEvents: 0,
    inFlightBytes: 0,
    pending: 0,
  });
  await reader.close();
});
