import { assertSchema, openDatabase, ping } from '@oncelog/event-store';
import { openReader, type StreamReader } from '@oncelog/event-stream';
import {
  createDatabaseMetrics,
  createRedisMetrics,
  createRegistry,
  type FailPoint,
  type Logger,
  listen,
  operationsRoutes,
  type Tracer,
  untilReady,
} from '@oncelog/service-kit';
import express from 'express';
import { applyEntries } from './apply-entries.ts';
import { createApplyTraces } from './apply-trace.ts';
import type { ConsumerConfig } from './config.ts';
import { createConsumer } from './consumer.ts';
import { joinGroup } from './join-group.ts';
import { type ConsumerState, createConsumerMetrics } from './metrics.ts';
import { createRetention } from './retention.ts';
import { VERSION } from './version.ts';

export interface ConsumerServiceDeps {
  readonly log: Logger;
  readonly opened: AsyncDisposableStack;
  readonly fail: (error: unknown) => void;
  readonly now: () => Date;
  readonly random: () => number;
  /** The member's name where the configuration gives none. */
  readonly defaultName: string;
  readonly failPoint: FailPoint;
  readonly tracer: Tracer;
}

/** The counters are spread over this many rows a topic. */
const STRIPES = 16;
const RETRY_BASE_MS = 50;
/** How long a stopping member goes on trying what fails; then its entries stay pending. */
const GIVE_UP_AFTER_MS = 4_000;
/** Some 20 ms on a small machine. */
const RETENTION_CHUNK_ROWS = 2_000;

/** Starts a member of the consumer group. Everything it opens is closed, in reverse order, by `opened`. */
export async function startConsumer(
  deps: ConsumerServiceDeps,
  config: ConsumerConfig,
): Promise<{ port: number }> {
  const { opened, log, random, failPoint } = deps;
  const name = config.consumerName ?? deps.defaultName;
  const registry = createRegistry('consumer', VERSION);
  const metrics = createConsumerMetrics(registry);
  const { pool } = createDatabaseMetrics(registry);
  const observer = createRedisMetrics(registry);
  const backoff = { baseMs: RETRY_BASE_MS, capMs: config.retryCapMs };
  const startedAt = deps.now();

  const database = openDatabase({
    url: config.databaseUrl,
    name: `oncelog-${name}`,
    ...pool('apply', config.streamShards * 2), // a shard's steps and its maintenance
    statementTimeoutMs: config.statementTimeoutMs,
    planOnce: true,
  });
  opened.defer(() => database.close());
  const shards = Array.from({ length: config.streamShards }, (_, shard) => {
    const { redisUrl: url, streamPrefix: prefix } = config;
    const reader = openReader({ url, prefix, shard, consumer: name, log, observer });
    opened.defer(() => reader.close());
    return { shard, reader };
  });

  const probe = openDatabase({
    url: config.databaseUrl,
    name: `oncelog-${name}-probe`,
    ...pool('probe', 1),
    statementTimeoutMs: config.statementTimeoutMs,
  });
  opened.defer(() => probe.close());
  const checks = { database: () => ping(probe), redis: () => pingAll(shards) };
  await untilReady(deps, async () => {
    await assertSchema(database);
    for (const { shard, reader } of shards) await joinGroup({ reader, database, log, metrics }, shard);
  });
  const app = express()
    .disable('x-powered-by')
    .use(operationsRoutes({ registry, checks, now: deps.now }));
  const server = await listen(app, config);
  opened.defer(() => server.close());

  const stop = new AbortController();
  const giveUp = new AbortController();
  const running = shards.map(({ shard, reader }) => {
    const startTrace = createApplyTraces(deps.tracer, { ...config, consumer: name, shard });
    const applyDeps = { ...deps, database, metrics, giveUp: giveUp.signal, startTrace };
    const applyConfig = { shard, stripe: stripeOf(name), backoff };
    const apply = (entries: Parameters<typeof applyEntries>[2]) =>
      applyEntries(applyDeps, applyConfig, entries);
    const join = () => joinGroup({ reader, database, log, metrics }, shard);
    const onState = (state: ConsumerState): void => metrics.showState(shard, state);
    onState('recovering');
    const presence = { startedAt, version: VERSION };
    const shared = { log, metrics, random, failPoint, onState, ...presence };
    const consumerDeps = { reader, joinGroup: join, apply, ...shared };
    return createConsumer(consumerDeps, { ...config, backoff }).run(stop.signal);
  });
  const readers = shards.map(({ reader }) => reader);
  const retentionDatabase = openDatabase({
    url: config.databaseUrl,
    name: `oncelog-${name}-retention`,
    ...pool('retention', 1),
    statementTimeoutMs: config.statementTimeoutMs,
  });
  opened.defer(() => retentionDatabase.close());
  const retention = createRetention(
    { database: retentionDatabase, readers, log, metrics },
    { ...config, chunkRows: RETENTION_CHUNK_ROWS },
  );
  running.push(retention.run(stop.signal));
  const done = Promise.all(running).catch(deps.fail);
  opened.defer(async () => {
    stop.abort();
    setTimeout(() => giveUp.abort(), GIVE_UP_AFTER_MS).unref();
    await done;
  });
  log.info({ consumer: name, port: server.port, shards: config.streamShards }, 'consumer started');
  return { port: server.port };
}

async function pingAll(shards: readonly { reader: StreamReader }[]): Promise<void> {
  await Promise.all(shards.map(({ reader }) => reader.ping()));
}

/** A stripe by name: the same after a restart, and spread over the members. */
function stripeOf(name: string): number {
  let hash = 0;
  for (const char of name) hash = (Math.imul(hash, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  return hash % STRIPES;
}
