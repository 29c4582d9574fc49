import { testRedisUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Entry } from './entry.ts';
import { type ShardKeys, shardKeys } from './keys.ts';
import { openReader, type StreamReader } from './reader.ts';
import { openTestRedis, silentLog, streamBatch, testPrefix } from './testing/index.ts';
import { openWriter, type StreamWriter } from './writer.ts';

/**
 * The clock of Redis jumps an hour back: the last entry has an ID that lies an hour ahead. Redis then gives IDs that
 * follow it, so that they grow on, and no longer say when an entry came.
 */
const HOUR_MS = 3_600_000;
const READ = { maxEntries: 100, maxBytes: 1_000_000 };
const LIMIT = { maxEvents: 1_000, maxBytes: 1_000_000 };
/** Fills a node, so that `~` trims entry by entry. */
const large = (events: number) => streamBatch(events, { body: Buffer.alloc(8_000, 'x') });

let redis: Awaited<ReturnType<typeof openTestRedis>>;
const options = { url: testRedisUrl(), log: silentLog, prefix: testPrefix() };
const { stream, totals }: ShardKeys = shardKeys(options.prefix, 0);
const open = {
  writer: openWriter({ ...options, shards: 1, backlogLimit: LIMIT }),
  one: openReader({ ...options, shard: 0, consumer: 'one' }),
  two: openReader({ ...options, shard: 0, consumer: 'two' }),
};
const { writer, one, two }: { writer: StreamWriter; one: StreamReader; two: StreamReader } = open;
let aheadMs: number;

beforeAll(async () => {
  redis = await openTestRedis(testRedisUrl());
  for (const connection of Object.values(open)) await vi.waitFor(() => connection.ping());
});
afterAll(async () => {
  for (const connection of Object.values(open)) await connection.close();
  await redis.close();
});

/** An entry of before the jump, one of an hour ahead, and two of after it: of 1, 2, 4 and 8 events. */
beforeEach(async () => {
  await redis.del([stream, totals]);
  await one.ensureGroup();
  await writer.append(large(1));
  aheadMs = (await serverTimeMs()) + HOUR_MS;
  await appendAt(`${aheadMs}-0`, 2);
  for (const events of [4, 8]) await writer.append(large(events));
});

async function serverTimeMs(): Promise<number> {
  const [seconds] = (await redis.sendCommand(['TIME'])) as unknown as [string, string];
  return Number(seconds) * 1_000;
}

/** As the append script does it, but for the ID. */
async function appendAt(id: string, events: number): Promise<void> {
  const { batchId, body } = large(events);
  const epoch = (await redis.hGet(totals, 'epoch')) ?? '';
  await redis.xAdd(stream, id, { batch_id: batchId, events: String(events), epoch, body: String(body) });
  await redis.hIncrBy(totals, 'appended_events', events);
  await redis.hIncrBy(totals, 'appended_bytes', body.length);
}

const readAll = (reader: StreamReader) => reader.read(READ, { blockMs: 1, lingerMs: 0 });
const eventsOf = (entries: readonly Entry[]) =>
  entries.map((entry) => (entry.kind === 'batch' ? entry.events : entry.kind));

it('gives IDs that go on growing, and reads every entry once, in order', async () => {
  const entries = await readAll(one);
  expect(eventsOf(entries)).toEqual([1, 2, 4, 8]);
  expect(entries.slice(1).map(({ id }) => id)).toEqual([0, 1, 2].map((sequence) => `${aheadMs}-${sequence}`));
  expect(await readAll(two)).toEqual([]);
});

it('counts exactly what is appended and acknowledged, and refuses what passes the limit', async () => {
  await one.ack((await readAll(one)).slice(0, 3));
  expect(await writer.totals()).toMatchObject([{ appendedEvents: 15, ackedEvents: 7, lag: 0, pending: 1 }]);
  expect(await writer.append(large(LIMIT.maxEvents - 8 + 1))).toEqual({ outcome: 'backlog-full' });
  expect(await writer.append(large(LIMIT.maxEvents - 8))).toMatchObject({ outcome: 'appended' });
  expect(await writer.totals()).toMatchObject([
    { appendedEvents: 1_007, ackedEvents: 7, lag: 1, pending: 1 },
  ]);
});

it('lets another member claim what a dead one had, and acknowledges it once', async () => {
  const entries = await readAll(one);
  await one.ack(entries.slice(0, 1));
  const claimed = await two.claim(0, 100);
  expect(claimed).toEqual({ entries: entries.slice(1), lost: [], done: true });
  await two.ack(claimed.entries);
  await one.ack(entries);
  expect(await writer.totals()).toMatchObject([
    { appendedEvents: 15, ackedEvents: 15, inFlightBytes: 0, lag: 0, pending: 0 },
  ]);
});

it('trims what is acknowledged, and nothing that is pending or unread', async () => {
  const [before, ahead, after] = await one.read({ ...READ, maxEntries: 3 }, { blockMs: 1, lingerMs: 0 });
  await one.ack([before, after] as Entry[]);
  await one.trim();
  expect(await idsLeft()).toEqual([0, 1, 2].map((sequence) => `${aheadMs}-${sequence}`));
  await one.ack([ahead] as Entry[]);
  await one.trim();
  expect((await idsLeft()).at(-1)).toBe(`${aheadMs}-2`);
  expect(await idsLeft()).not.toContain(ahead?.id);
  expect(eventsOf(await readAll(one))).toEqual([8]);
});

const idsLeft = async () => ((await redis.xRange(stream, '-', '+')) ?? []).map(({ id }) => id);

it('takes the time of the oldest entry from its ID, which may lie ahead', async () => {
  expect(await one.oldestEntryMs()).toBeLessThan(aheadMs);
  await one.ack(await readAll(one));
  await one.trim();
  expect(await one.oldestEntryMs()).toBe(aheadMs);
});
