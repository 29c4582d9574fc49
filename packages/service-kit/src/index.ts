export { type Backoff, backoffMs, pause } from './backoff.ts';
export { ConfigurationError, loadConfig, type RawSettings, settingName, settingsTable } from './config.ts';
export { type Check, checkHealth, type HealthReport } from './health.ts';
export { type HttpServer, type ListenOptions, listen } from './listen.ts';
export { createLogger, type Logger } from './logger.ts';
export { Counter, createRegistry, Gauge, Histogram, type Registry } from './metrics.ts';
export { type OperationsDeps, operationsRoutes } from './operations-routes.ts';
export { runService, type ServiceContext, type ServiceDefinition } from './run-service.ts';
export { sharedSettings } from './settings.ts';
