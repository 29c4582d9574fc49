import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LiveStatus, LiveStatusSchema } from '@oncelog/event-schema';
import { applyBatches, type DeadEvent, openDatabase, ping } from '@oncelog/event-store';
import { createTestDatabase, storeBatch, type TestDatabase } from '@oncelog/event-store/testing';
import { openReader, openWriter, type StreamReader, type StreamWriter } from '@oncelog/event-stream';
import { silentLog, streamBatch, testPrefix } from '@oncelog/event-stream/testing';
import { type RunningServer, startRedis } from '@oncelog/local-stack';
import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { createRegistry } from '@oncelog/service-kit';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuditor } from '../audit/auditor.ts';
import { createGatewayMetrics } from '../metrics.ts';
import { createLiveStatus, type LiveStatusReader } from './live-status.ts';

/** A Redis of this file's own, to be frozen. */
const dir = mkdtempSync(join(tmpdir(), 'oncelog-live-'));
const opened: { close(): Promise<void> }[] = [];
const isStatus = TypeCompiler.Compile(LiveStatusSchema);
const KEYS = Object.keys(LiveStatusSchema.properties).sort();

let redis: RunningServer;
let test: TestDatabase;
let stream: StreamWriter;
let reader: StreamReader;
let status: LiveStatusReader;
let audit: () => Promise<unknown>;

beforeAll(async () => {
  redis = await startRedis({ dataDir: join(dir, 'data'), logFile: join(dir, 'redis.log') });
});
afterAll(async () => {
  await Promise.all(opened.map((connection) => connection.close()));
  await redis.stop();
  rmSync(dir, { recursive: true });
});
beforeEach(async () => {
  const prefix = testPrefix();
  const connect = { url: redis.url, prefix, log: silentLog };
  const drop = test?.drop;
  test = await createTestDatabase(testPostgresUrl());
  await drop?.();
  const database = openDatabase({
    url: test.as('oncelog_gateway'),
    name: 'live',
    maxConnections: 4,
    statementTimeoutMs: 1_000,
  });
  stream = openWriter({ ...connect, shards: 1, backlogLimit: { maxEvents: 1e6, maxBytes: 1e9 } });
  reader = openReader({ ...connect, shard: 0, consumer: 'one' });
  opened.push(database, stream, reader);
  await vi.waitFor(() => reader.ensureGroup(), 10_000);
  await vi.waitFor(() => stream.ping(), 10_000);
  const metrics = createGatewayMetrics(createRegistry('gateway'));
  const now = () => new Date();
  const auditor = createAuditor({ stream, database: test.database, metrics, now });
  audit = () => auditor.audit({ full: false });
  const checks = { database: () => ping(test.database), redis: () => stream.ping() };
  status = createLiveStatus({ stream, database, checks, auditor, now, version: '1.2.3' });
});
afterAll(() => test.drop());

/** A look, which has the form that is promised. */
async function look(): Promise<LiveStatus> {
  const found = await status.read();
  expect([...isStatus.Errors(found)]).toEqual([]);
  expect(Object.keys(found).sort()).toEqual(KEYS);
  return found;
}

/** The first look that shows everything: on a busy machine the first of all may not. */
const wholeLook = () =>
  vi.waitFor(async () => {
    const found = await look();
    const { stats, stream: waiting, topics, dead_letters_open } = found;
    expect([stats, waiting, topics, dead_letters_open]).not.toContain(null);
    return found;
  }, 20_000);

const apply = (topics: readonly string[], dead: readonly DeadEvent[] = []) =>
  applyBatches(
    test.database,
    [
      storeBatch(
        topics.map((topic) => ({ topic, event_id: randomUUID() })),
        { dead },
      ),
    ],
    { shard: 0, stripe: 0 },
  );
const letter = (position: number): DeadEvent => ({
  position,
  events: 1,
  code: '22P02',
  reason: 'bad',
  original: Buffer.from('{}'),
});

describe('a look at the system', () => {
  it('shows a new one', async () => {
    await wholeLook(); // has made the connections
    status.forget();
    expect(await look()).toEqual({
      at: expect.stringMatching(/Z$/),
      version: '1.2.3',
      health: { database: 'connected', redis: 'connected' },
      stats: {
        accepted: 0,
        received: 0,
        unique_processed: 0,
        duplicate_dropped: 0,
        dead_lettered: 0,
        in_flight: 0,
      },
      rates: null,
      stream: {
        lag_entries: 0,
        pending_entries: 0,
        backlog_events: 0,
        backlog_bytes: 0,
        oldest_unapplied_seconds: null,
        shards: 1,
      },
      consumers: [],
      topics: [],
      topics_total: 0,
      dead_letters_open: 0,
      audit: null,
    });
  });

  it('shows exact figures, the topics, the open dead letters, and the last audit', async () => {
    await apply(['a', 'b', 'b']);
    await apply(['b'], [letter(1), letter(2)]);
    await stream.append(streamBatch(5));
    await audit();
    expect(await wholeLook()).toMatchObject({
      stats: { received: 4, unique_processed: 4, dead_lettered: 2, accepted: 11, in_flight: 5 },
      topics: [
        { topic: 'b', received: 3, unique_processed: 3, duplicate_dropped: 0, received_per_second: 0 },
        { topic: 'a', received: 1 },
      ],
      topics_total: 2,
      dead_letters_open: 2,
      audit: { consistent: true, at_rest: false, failed_checks: [] },
    });
  });

  it('names the checks of the audit that do not hold', async () => {
    await apply(['a']);
    await test.sql`UPDATE event_stats SET received = received + 1`;
    await audit();
    const { audit: found } = await wholeLook();
    expect(found).toMatchObject({ consistent: false });
    expect(found?.failed_checks).toContain('ledger + pruned: received = received');
  });

  it('shows how fast the counters grow, since the look before', async () => {
    await apply(['a']);
    await wholeLook();
    await apply(['a', 'a', 'b'], [letter(3)]);
    await stream.append(streamBatch(7));
    const startedAt = performance.now();
    // a look that comes before the store has rested says what the one before has said
    const second = await vi.waitFor(async () => {
      const found = await wholeLook();
      expect(found.stats).toMatchObject({ received: 4, accepted: 12 });
      expect(found.rates).not.toBeNull();
      return found;
    }, 10_000);
    const atLeast = (events: number) => events / ((performance.now() - startedAt) / 1_000 + 60);
    expect(second.rates?.accepted).toBeGreaterThan(atLeast(7));
    expect(second.rates?.unique).toBeGreaterThan(second.rates?.dead_letter ?? Number.NaN);
    expect(second.rates?.duplicate).toBe(0);
    expect(second.topics?.map(({ topic }) => topic)).toEqual(['a', 'b']);
    expect(second.topics?.[0]?.received_per_second).toBeGreaterThan(0);
    await vi.waitFor(async () => expect((await wholeLook()).rates?.unique).toBe(0), 10_000);
    status.forget();
    expect((await wholeLook()).rates).toBeNull();
  });

  it('shows no more than a hundred topics, and how many there are', async () => {
    await apply(Array.from({ length: 130 }, (_, i) => `t${i}`));
    await apply(['t77']);
    const { topics, topics_total } = await wholeLook();
    expect(topics).toHaveLength(100);
    expect(topics?.[0]?.topic).toBe('t77');
    expect(topics_total).toBe(130);
  });

  it('shows what waits, since when, and who has it', async () => {
    for (let i = 0; i < 2; i += 1) await stream.append(streamBatch(3));
    const [entry] = await reader.read({ maxEntries: 1, maxBytes: 1 }, { blockMs: 1, lingerMs: 0 });
    const waiting = await wholeLook();
    expect(waiting).toMatchObject({
      stream: { lag_entries: 1, pending_entries: 1, backlog_events: 6 },
      consumers: [
        { name: 'one', shard: 0, state: 'active', pending_entries: 1, started_at: null, version: null },
      ],
    });
    expect(waiting.stream?.oldest_unapplied_seconds).toBeGreaterThanOrEqual(0);
    if (entry !== undefined) await reader.ack([entry]);
    await reader.announce({ startedAt: new Date('2026-01-01T00:00:00Z'), version: '1.2.3', applied: false });
    await vi.waitFor(async () =>
      expect((await wholeLook()).consumers).toMatchObject([
        { name: 'one', state: 'idle', started_at: '2026-01-01T00:00:00.000Z', version: '1.2.3' },
      ]),
    );
  });
});

describe('what cannot be read', () => {
  const WHOLE = { stats: expect.anything(), stream: expect.anything(), topics: expect.anything() };

  it('is unknown while a statement waits for a lock, and the rest is shown within a second', async () => {
    await apply(['a']);
    await wholeLook();
    const sql = await test.sql.reserve();
    await sql`BEGIN`;
    await sql`LOCK TABLE event_stats IN ACCESS EXCLUSIVE MODE`;
    try {
      await vi.waitFor(async () => {
        const startedAt = performance.now();
        const found = await look();
        expect(performance.now() - startedAt).toBeLessThan(1_000);
        expect(found).toMatchObject({
          health: { database: 'connected' },
          stats: null,
          rates: null,
          topics: null,
          topics_total: null,
          stream: expect.anything(),
          consumers: [],
          dead_letters_open: 0,
        });
      }, 20_000);
    } finally {
      await sql`COMMIT`;
      sql.release();
    }
    await vi.waitFor(async () => expect(await look()).toMatchObject(WHOLE), 20_000);
  });

  it('is unknown while Redis is frozen, and the rest is shown within a second', async () => {
    await apply(['a']);
    await wholeLook();
    redis.kill('SIGSTOP');
    try {
      await vi.waitFor(async () => {
        const startedAt = performance.now();
        const found = await look();
        expect(performance.now() - startedAt).toBeLessThan(1_000);
        expect(found).toMatchObject({
          health: { database: 'connected', redis: expect.stringMatching(/^error: /) },
          stats: null,
          rates: null,
          stream: null,
          consumers: null,
          topics: [{ topic: 'a', received: 1 }],
          dead_letters_open: 0,
        });
      }, 20_000);
    } finally {
      redis.kill('SIGCONT');
    }
    await vi.waitFor(async () => {
      const found = await look();
      expect(found).toMatchObject({ ...WHOLE, health: { redis: 'connected' } });
      expect(found.rates).not.toBeNull();
    }, 20_000);
  });
});
