import type { Database } from '@oncelog/event-store';
import type { StreamWriter } from '@oncelog/event-stream';
import {
  type Check,
  type FailPoint,
  type Logger,
  operationsRoutes,
  type Registry,
} from '@oncelog/service-kit';
import express, { type Express, type RequestHandler } from 'express';
import { auditRoute } from './audit/audit-route.ts';
import type { Auditor } from './audit/auditor.ts';
import { batchesRoute } from './batches-route.ts';
import {
  deadLetterRoute,
  deadLettersRoute,
  deleteDeadLetterRoute,
  deleteDeadLettersRoute,
} from './dead-letters-route.ts';
import { errorHandler } from './error-handler.ts';
import { eventsRoute } from './events-route.ts';
import type { GatewayMetrics } from './metrics.ts';
import { Problem } from './problem.ts';
import { publishRoute } from './publish-route.ts';
import { readBody } from './read-body.ts';
import { replayLetterRoute, replayLettersRoute } from './replay-route.ts';
import { requestContext } from './request-context.ts';
import { rootRoute } from './root-route.ts';
import { statsRoute } from './stats-route.ts';

export interface AppDeps {
  readonly stream: StreamWriter;
  readonly database: Database;
  /** Looks at the dependencies, on connections that queries do not wait for. */
  readonly checks: Readonly<Record<'database' | 'redis', Check>>;
  readonly log: Logger;
  readonly metrics: GatewayMetrics;
  readonly registry: Registry;
  readonly failPoint: FailPoint;
  readonly now: () => Date;
  readonly random: () => number;
  readonly newBatchId: () => string;
  readonly newRequestId: () => string;
  readonly startedAt: Date;
  readonly auditor: Auditor;
}

export interface AppConfig {
  readonly maxEventsPerBatch: number;
  readonly maxBodyBytes: number;
  readonly maxInFlightBytes: number;
}

/** Largest body with a filter. */
const MAX_FILTER_BYTES = 16_384;

/** The gateway's HTTP interface. Never listens. */
export function createApp(deps: AppDeps, config: AppConfig): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(requestContext(deps));

  app.route('/').get(rootRoute).all(onlyMethods('GET, HEAD'));
  app.route('/publish').post(readBody(config), publishRoute(deps, config)).all(onlyMethods('POST'));
  app.route('/events').get(eventsRoute(deps)).all(onlyMethods('GET, HEAD'));
  app.route('/batches').get(batchesRoute(deps)).all(onlyMethods('GET, HEAD'));
  app.route('/stats').get(statsRoute(deps)).all(onlyMethods('GET, HEAD'));
  app
    .route('/dead-letters')
    .get(deadLettersRoute(deps))
    .delete(deleteDeadLettersRoute(deps))
    .all(onlyMethods('GET, HEAD, DELETE'));
  app
    .route('/dead-letters/replay') // before :id, which would take it
    .post(readBody({ ...config, maxBodyBytes: MAX_FILTER_BYTES }), replayLettersRoute(deps, config))
    .all(onlyMethods('POST'));
  app
    .route('/dead-letters/:id')
    .get(deadLetterRoute(deps))
    .delete(deleteDeadLetterRoute(deps))
    .all(onlyMethods('GET, HEAD, DELETE'));
  app.route('/dead-letters/:id/replay').post(replayLetterRoute(deps, config)).all(onlyMethods('POST'));
  app.route('/audit').get(auditRoute(deps)).all(onlyMethods('GET, HEAD'));
  // publishing needs Redis alone: without Postgres a balancer must not take all gateways away from the producers
  app.use(operationsRoutes({ ...deps, needed: ['redis'] }));

  app.use(() => {
    throw new Problem('not-found', { detail: 'See GET / for what there is.' });
  });
  app.use(errorHandler(deps.log));
  return app;
}

function onlyMethods(allowed: string): RequestHandler {
  return (_request, response) => {
    response.set('Allow', allowed);
    throw new Problem('method-not-allowed', { detail: `This path takes ${allowed}.` });
  };
}
