import { randomUUID } from 'node:crypto';
import { type Database, openDatabase, ping } from '@oncelog/event-store';
import { createTestDatabase, type TestDatabase } from '@oncelog/event-store/testing';
import { openWriter, type StreamWriter, shardKeys } from '@oncelog/event-stream';
import { openTestRedis, silentLog, testPrefix } from '@oncelog/event-stream/testing';
import { testPostgresUrl, testRedisUrl } from '@oncelog/local-stack/testing';
import {
  createLogger,
  createRegistry,
  type Logger,
  listen,
  noFailPoints,
  passThroughTracer,
  type Tracer,
} from '@oncelog/service-kit';
import type { Express } from 'express';
import { vi } from 'vitest';
import { allowedAt } from '../api/bind.ts';
import { type AppConfig, createApp } from '../app.ts';
import { type Auditor, createAuditor } from '../audit/auditor.ts';
import type { Authentication } from '../auth/authentication.ts';
import { createEventStreams } from '../event-streams.ts';
import { createAnswerRefused } from '../http/answer-refused.ts';
import { createLineLimit } from '../limits/line-limit.ts';
import { createGatewayMetrics } from '../metrics.ts';
import type { HubConfig } from '../tail/hub.ts';
import { createTail } from '../tail/tail.ts';

type TestRedis = Awaited<ReturnType<typeof openTestRedis>>;

/** A gateway on a port of its own, over a database and a stream of its own. No consumer runs. */
export interface TestGateway {
  readonly app: Express;
  readonly url: string;
  readonly port: number;
  readonly test: TestDatabase;
  readonly redis: TestRedis;
  readonly stream: StreamWriter;
  readonly auditor: Auditor;
  /** The stream's key. */
  readonly key: string;
  readonly logLines: () => readonly string[];
  post(body: string | Uint8Array, headers?: Record<string, string>): Promise<Response>;
  /** Tells what may take long that the gateway stops. */
  stop(): void;
  close(): Promise<void>;
}

export interface TestGatewayOptions extends Partial<AppConfig> {
  readonly redisUrl?: string;
  readonly maxBacklogEvents?: number;
  readonly tail?: Partial<HubConfig>;
  /** What stands between the tail and its database. */
  readonly tailDatabase?: (database: Database) => Database;
  readonly tracer?: Tracer;
  readonly authentication?: (log: Logger) => Authentication;
}

export async function openTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const test = await createTestDatabase(testPostgresUrl());
  const redis = await openTestRedis(testRedisUrl());
  const prefix = testPrefix();
  const backlogLimit = { maxEvents: options.maxBacklogEvents ?? 1_000_000, maxBytes: 1e9 };
  const url = options.redisUrl ?? testRedisUrl();
  const stream = openWriter({ url, prefix, shards: 1, backlogLimit, log: silentLog });
  if (options.redisUrl === undefined) await vi.waitFor(() => stream.ping(), 10_000);
  const database = openDatabase({
    url: test.as('oncelog_gateway'),
    name: 'gateway',
    maxConnections: 4,
    statementTimeoutMs: 1_000,
  });
  const lines: string[] = [];
  const registry = createRegistry('gateway');
  const metrics = createGatewayMetrics(registry);
  const auditDatabase = openDatabase({
    url: test.as('oncelog_gateway'),
    name: 'audit',
    maxConnections: 1,
    statementTimeoutMs: 10_000,
  });
  const auditor = createAuditor({ stream, database: auditDatabase, metrics, now: () => new Date() });
  const log = createLogger('gateway', 'debug', { write: (line: string) => lines.push(line) });
  const tailDatabase = () =>
    openDatabase({
      url: test.as('oncelog_gateway'),
      name: 'tail',
      maxConnections: 1,
      statementTimeoutMs: 1_000,
      planOnce: true,
    });
  const [tailReads, resumeReads] = [tailDatabase(), tailDatabase()];
  const tail = createTail(
    {
      database: options.tailDatabase?.(tailReads) ?? tailReads,
      resumeDatabase: resumeReads,
      log,
      registry,
      random: Math.random,
      elapsedMs: () => performance.now(),
    },
    options.tail,
  );
  const eventStreams = createEventStreams({ log }, { maxEventStreams: 20 });
  const stopping = new AbortController();
  const lineLimit = createLineLimit({ log });
  const app = createApp(
    {
      stream,
      database,
      checks: { database: () => ping(test.database), redis: () => stream.ping() },
      log,
      lineLimit,
      metrics,
      registry,
      auditor,
      eventStreams,
      tail,
      stopping: stopping.signal,
      failPoint: noFailPoints,
      tracer: options.tracer ?? passThroughTracer,
      authentication: options.authentication?.(log),
      now: () => new Date(),
      random: Math.random,
      newBatchId: randomUUID,
      newRequestId: randomUUID,
    },
    {
      maxEventsPerBatch: 1_000,
      maxBodyBytes: 5_242_880,
      maxNdjsonBytes: 104_857_600,
      bodyStallMs: 20_000,
      maxInFlightBytes: 67_108_864,
      maxUnreadBytes: 67_108_864,
      trustProxyHops: 0,
      corsOrigins: '',
      ...options,
    },
  );
  const server = await listen(app, {
    host: '127.0.0.1',
    port: 0,
    answerRefused: createAnswerRefused({ log, lineLimit, metrics, allowedAt, newRequestId: randomUUID }),
  });
  const base = `http://127.0.0.1:${server.port}`;
  return {
    app,
    url: base,
    port: server.port,
    test,
    redis,
    stream,
    auditor,
    key: shardKeys(prefix, 0).stream,
    logLines: () => lines,
    post: (body, headers = {}) =>
      fetch(`${base}/publish`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: body as string,
      }),
    stop: () => stopping.abort(),
    close: async () => {
      stopping.abort();
      eventStreams.close();
      tail.stop();
      await server.close();
      await Promise.all([
        stream.close(),
        ...[database, auditDatabase, tailReads, resumeReads].map((one) => one.close()),
      ]);
      await Promise.all([test.drop(), redis.close()]);
    },
  };
}

/** A valid event; `fields` override. */
export function event(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    topic: 'orders.created',
    event_id: randomUUID(),
    timestamp: '2026-01-01T00:00:00Z',
    source: 'shop',
    payload: { total: 1 },
    ...fields,
  };
}

export const bodyOf = (...events: unknown[]): string => JSON.stringify({ events });
