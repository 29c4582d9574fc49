export { type Backoff, backoffMs, pause } from './backoff.ts';
export { ConfigurationError, loadConfig, type RawSettings, settingsTable } from './config.ts';
export { createDatabaseMetrics, type DatabaseMetrics, type PoolObserver } from './database-metrics.ts';
export { digestUuid } from './digest-uuid.ts';
export { createFailPoints, type FailPoint, noFailPoints } from './fail-points.ts';
export { createFastHistogram, createFastSeries, type FastHistogram, type Series } from './fast-histogram.ts';
export { type Check, checkHealth, type HealthReport } from './health.ts';
export type { OnRefusedConnection } from './limited-connections.ts';
export { type HttpServer, type ListenOptions, listen, paceBody } from './listen.ts';
export { createLogger, type Logger } from './logger.ts';
export { Counter, createRegistry, Gauge, Histogram, type Registry } from './metrics.ts';
export {
  type OperationsDeps,
  type OperationsHandlers,
  operationsHandlers,
  operationsRoutes,
} from './operations-routes.ts';
export { type ConnectionObserver, createRedisMetrics } from './redis-metrics.ts';
export type { AnswerRefused, RefusedRequest } from './refused-requests.ts';
export { runService, type ServiceContext, type ServiceDefinition } from './run-service.ts';
export { serveOperations } from './serve-operations.ts';
export { settingName } from './setting-name.ts';
export { sharedSettings } from './settings.ts';
export { openTracer } from './tracing/open-tracer.ts';
export { isSampled, readTraceparent, traceFields, traceIdOf } from './tracing/traceparent.ts';
export {
  passThroughTracer,
  type Span,
  type SpanAttributes,
  type SpanOptions,
  type Tracer,
} from './tracing/tracer.ts';
export { type UntilReadyDeps, untilReady } from './until-ready.ts';
