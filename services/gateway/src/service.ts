import { assertSchema, openDatabase, ping } from '@oncelog/event-store';
import { openWriter } from '@oncelog/event-stream';
import {
  createDatabaseMetrics,
  createRedisMetrics,
  createRegistry,
  type FailPoint,
  type Logger,
  listen,
  type Tracer,
  untilReady,
} from '@oncelog/service-kit';
import { allowedAt } from './api/bind.ts';
import { createApp } from './app.ts';
import { runAudits } from './audit/audit-loop.ts';
import { createAuditor } from './audit/auditor.ts';
import { openKeys, watchKeys } from './auth/open-keys.ts';
import { type GatewayConfig, isLoopback } from './config.ts';
import { createEventStreams } from './event-streams.ts';
import { createAnswerRefused } from './http/answer-refused.ts';
import { networkOf } from './limits/client-of.ts';
import { createLineLimit } from './limits/line-limit.ts';
import { openRateLimit } from './limits/open-rate-limit.ts';
import { logRefusedConnection } from './limits/refused-connection.ts';
import { registerMemberGauges } from './member-gauges.ts';
import { createGatewayMetrics, registerCapacityGauges, registerKeysGauge } from './metrics.ts';
import { registerStreamGauges } from './stream-gauges.ts';
import { openTail } from './tail/open-tail.ts';
import { VERSION } from './version.ts';

export interface GatewayServiceDeps {
  readonly log: Logger;
  readonly opened: AsyncDisposableStack;
  readonly now: () => Date;
  readonly random: () => number;
  readonly newBatchId: () => string;
  readonly newRequestId: () => string;
  /** Random, for what signs sessions. */
  readonly newSecret: () => string;
  readonly failPoint: FailPoint;
  readonly tracer: Tracer;
}

/** Starts a gateway. Everything it opens is closed, in reverse order, by `opened`. */
export async function startGateway(
  deps: GatewayServiceDeps,
  config: GatewayConfig,
): Promise<{ port: number }> {
  const { opened, log } = deps;
  const keys = await openKeys(deps, config);
  const registry = createRegistry('gateway', VERSION);
  const metrics = createGatewayMetrics(registry);
  const { pool } = createDatabaseMetrics(registry);
  const observer = createRedisMetrics(registry);

  const connect = { url: config.databaseUrl, statementTimeoutMs: config.queryTimeoutMs };
  const database = openDatabase({
    ...connect,
    name: 'oncelog-gateway',
    ...pool('queries', config.databaseConnections),
  });
  const probe = openDatabase({ ...connect, name: 'oncelog-gateway-probe', ...pool('probe', 1) });
  // a connection of its own, with a limit of its own: counting every row may take minutes
  const auditDatabase = openDatabase({
    url: config.databaseUrl,
    name: 'oncelog-gateway-audit',
    ...pool('audit', 1),
    statementTimeoutMs: config.auditTimeoutMs,
  });
  // side by side: each may take its full second when Postgres hangs
  opened.defer(async () => {
    await Promise.all([database, probe, auditDatabase].map((each) => each.close()));
  });
  const { redisUrl, streamPrefix: prefix, streamShards: shards } = config;
  const backlogLimit = { maxEvents: config.maxBacklogEvents, maxBytes: config.maxBacklogBytes };
  const stream = openWriter({ url: redisUrl, prefix, shards, backlogLimit, log, observer });
  opened.defer(() => stream.close());
  registerStreamGauges({ registry, stream }, { shards, limit: backlogLimit });
  registerMemberGauges({ registry, stream }, { shards });
  await untilReady(deps, async () => {
    await assertSchema(database);
    await stream.ping();
  });

  const auditor = createAuditor({ stream, database: auditDatabase, metrics, now: deps.now });
  const stop = new AbortController();
  opened.defer(() => stop.abort());
  if (config.auditIntervalMs > 0) {
    void runAudits({ auditor, log }, { intervalMs: config.auditIntervalMs, stop: stop.signal });
  }

  const tail = openTail({ ...deps, registry, pool }, config);
  const eventStreams = createEventStreams(deps, config);
  registerCapacityGauges(registry, { ...config, eventStreams });
  registerKeysGauge(registry, () => keys?.areCurrent() ?? true);
  const checks = { database: () => ping(probe), redis: () => stream.ping() };
  const stopping = new AbortController();
  const lineLimit = createLineLimit(deps);
  const keyIdOf = keys?.authentication.keyIdOf;
  const rateLimit = openRateLimit({ ...deps, lineLimit, metrics, observer, keyIdOf }, config);
  const app = createApp(
    {
      ...deps,
      lineLimit,
      rateLimit,
      database,
      checks,
      stream,
      metrics,
      registry,
      auditor,
      eventStreams,
      tail,
      authentication: keys?.authentication,
      stopping: stopping.signal,
    },
    config,
  );
  if (keys !== undefined) void watchKeys(keys, stop.signal);
  const refusals = { ...deps, lineLimit, metrics, allowedAt };
  const server = await listen(app, {
    ...config,
    networkOf,
    answerRefused: createAnswerRefused(refusals),
    onRefusedConnection: logRefusedConnection(refusals),
  });
  opened.defer(() => server.close());
  // before the server waits for its answers to end
  opened.defer(() => {
    stopping.abort();
    eventStreams.close();
  });
  if (keys === undefined && !isLoopback(config.host))
    log.warn({ host: config.host }, 'no API keys: whoever reaches this address may do everything');
  log.info({ host: config.host, port: server.port }, 'gateway listening');
  return { port: server.port };
}
