import { randomUUID } from 'node:crypto';
import { type Database, openDatabase, readAccounts, readStats } from '@oncelog/event-store';
import { createTestDatabase, type TestDatabase } from '@oncelog/event-store/testing';
import {
  type Entry,
  openReader,
  openWriter,
  type StreamBacklog,
  type StreamReader,
  type StreamWriter,
  shardKeys,
  sumTotals,
} from '@oncelog/event-stream';
import { openTestRedis, silentLog, testPrefix } from '@oncelog/event-stream/testing';
import { testPostgresUrl, testRedisUrl } from '@oncelog/local-stack/testing';
import {
  createLogger,
  createRegistry,
  noFailPoints,
  passThroughTracer,
  type Tracer,
} from '@oncelog/service-kit';
import { vi } from 'vitest';
import { applyEntries } from '../apply-entries.ts';
import { createApplyTraces } from '../apply-trace.ts';
import { type Consumer, type ConsumerOptions, createConsumer } from '../consumer.ts';
import { joinGroup } from '../join-group.ts';
import { createConsumerMetrics } from '../metrics.ts';

export interface Member {
  readonly consumer: Consumer;
  readonly reader: StreamReader;
  readonly apply: (entries: readonly Entry[]) => Promise<void>;
  readonly giveUp: AbortController;
  readonly logged: () => { level: number; msg: string; [field: string]: unknown }[];
}

/** A stream and a database of a test's own, and members of the group over them, stepped by hand. */
export interface TestGroup {
  readonly test: TestDatabase;
  /** The members' own. */
  readonly database: Database;
  readonly redis: Awaited<ReturnType<typeof openTestRedis>>;
  readonly writer: StreamWriter;
  readonly key: string;
  join(name: string, broken?: Partial<StreamReader>, options?: Partial<ConsumerOptions>): Promise<Member>;
  publish(events: readonly object[], batchId?: string, traceparents?: readonly string[]): Promise<string>;
  backlog(): Promise<StreamBacklog>;
  /** Sums over all topics, and the number of rows that are stored. */
  figures(): Promise<{ received: number; unique: number; dead: number; repeated: number; stored: number }>;
  close(): Promise<void>;
}

const STATEMENT_TIMEOUT_MS = 20_000;
const BACKOFF = { baseMs: 1, capMs: 20 };

export async function openTestGroup(tracer: Tracer = passThroughTracer): Promise<TestGroup> {
  const test = await createTestDatabase(testPostgresUrl());
  const databaseUrl = test.as('oncelog_consumer');
  const database = openDatabase({
    url: databaseUrl,
    name: 'group',
    maxConnections: 4,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const redis = await openTestRedis(testRedisUrl());
  const prefix = testPrefix();
  const { stream: key } = shardKeys(prefix, 0);
  const connect = { url: testRedisUrl(), prefix, log: silentLog };
  const writer = openWriter({ ...connect, shards: 1, backlogLimit: { maxEvents: 1e9, maxBytes: 1e12 } });
  const opened: { close(): Promise<void> }[] = [writer, database];
  await vi.waitFor(() => writer.ping(), 10_000);

  const join: TestGroup['join'] = async (name, broken = {}, options = {}) => {
    const working = openReader({ ...connect, shard: 0, consumer: name });
    opened.push(working);
    await vi.waitFor(() => working.ensureGroup(), 10_000);
    const reader = { ...working, ...broken };
    const lines: string[] = [];
    const log = createLogger('consumer', 'debug', { write: (line: string) => lines.push(line) });
    const metrics = createConsumerMetrics(createRegistry('consumer'));
    const giveUp = new AbortController();
    const random = Math.random;
    const failPoint = noFailPoints;
    const now = () => new Date();
    const startTrace = createApplyTraces(tracer, {
      consumer: name,
      streamPrefix: prefix,
      shard: 0,
      databaseUrl,
    });
    const deps = { database, log, metrics, random, failPoint, now, startTrace, giveUp: giveUp.signal };
    const apply = (entries: readonly Entry[]) =>
      applyEntries(deps, { shard: 0, stripe: 1, backoff: BACKOFF }, entries);
    const consumer = createConsumer(
      {
        reader,
        joinGroup: () => joinGroup({ reader, database, log, metrics }, 0),
        apply,
        log,
        metrics,
        random,
        failPoint,
        startedAt: new Date(),
        version: '1.2.3',
      },
      {
        maxEntriesPerRead: 10,
        maxBytesPerRead: 1e6,
        blockMs: 20,
        lingerMs: 0,
        claimIdleMs: 50,
        maintenanceIntervalMs: 20,
        backoff: BACKOFF,
        ...options,
      },
    );
    return { consumer, reader, apply, giveUp, logged: () => lines.map((line) => JSON.parse(line)) };
  };

  return {
    test,
    database,
    redis,
    writer,
    key,
    join,
    async publish(events, batchId = randomUUID(), traceparents = undefined) {
      const body = Buffer.from(JSON.stringify({ events: events.map((fields) => ({ ...VALID, ...fields })) }));
      await writer.append({ batchId, events: events.length, body, traceparents });
      return batchId;
    },
    backlog: async () => sumTotals(await writer.totals()),
    async figures() {
      const counts = await readStats(test.database);
      const accounts = await readAccounts(test.database);
      const sum = (of: (count: (typeof counts)[number]) => number) =>
        counts.reduce((total, count) => total + of(count), 0);
      const [row] = await test.sql<{ n: number }[]>`SELECT count(*)::int AS n FROM processed_events`;
      return {
        received: sum((count) => count.received),
        unique: sum((count) => count.unique_processed),
        dead: sum((count) => count.dead_lettered),
        repeated: accounts.reduce((total, { repeated }) => total + repeated, 0),
        stored: row?.n ?? -1,
      };
    },
    async close() {
      await Promise.all(opened.map((connection) => connection.close()));
      await Promise.all([test.drop(), redis.close()]);
    },
  };
}

/** All fields of an event. */
export const VALID = {
  topic: 't',
  event_id: 'e',
  timestamp: '2026-01-01T00:00:00Z',
  source: 's',
  payload: {},
};
