import { dashboardFolder } from '@oncelog/dashboard';
import type { Database } from '@oncelog/event-store';
import type { StreamWriter } from '@oncelog/event-stream';
import {
  type Check,
  type FailPoint,
  type Logger,
  operationsHandlers,
  type Registry,
  type Tracer,
} from '@oncelog/service-kit';
import express, { type Express, type RequestHandler } from 'express';
import { allowedAt, bindOperations, type Handlers, otherMethods } from './api/bind.ts';
import { openApiRoute } from './api/openapi-route.ts';
import { auditRoute } from './audit/audit-route.ts';
import type { Auditor } from './audit/auditor.ts';
import type { Authentication } from './auth/authentication.ts';
import { createGuard, openGuard } from './auth/guard.ts';
import { onlyOurPages } from './auth/only-our-pages.ts';
import { limitSignIns, readSessionRoute, signInRoute, signOutRoute } from './auth/session-routes.ts';
import { batchesRoute } from './batches-route.ts';
import { createBodyBudget } from './body-budget.ts';
import { createDashboardPage, type DashboardPage } from './dashboard/dashboard-page.ts';
import {
  deadLetterRoute,
  deadLettersRoute,
  deleteDeadLetterRoute,
  deleteDeadLettersRoute,
} from './dead-letters-route.ts';
import { docsFiles, docsRoute } from './docs/docs-route.ts';
import { errorHandler } from './error-handler.ts';
import type { EventStreams } from './event-streams.ts';
import { eventsRoute } from './events-route.ts';
import { allowOrigins } from './http/cors.ts';
import { checkShape } from './http/request-shape.ts';
import { publishHandlers } from './ingest/publish-handlers.ts';
import type { LineLimit } from './limits/line-limit.ts';
import { boundUnreadAnswers } from './limits/unread-answers.ts';
import { consumersRoute } from './live/consumers-route.ts';
import { createLiveHub } from './live/live-hub.ts';
import { liveRoute } from './live/live-route.ts';
import { createLiveStatus } from './live/live-status.ts';
import type { GatewayMetrics } from './metrics.ts';
import { Problem } from './problem.ts';
import { parseQuery } from './query-string.ts';
import { onlyJson, readBody } from './read-body.ts';
import { replayLetterRoute, replayLettersRoute } from './replay-route.ts';
import { requestContext } from './request-context.ts';
import { rootRoute } from './root-route.ts';
import { statsRoute } from './stats-route.ts';
import type { Tail } from './tail/tail.ts';
import { tailRoute } from './tail/tail-route.ts';
import { VERSION } from './version.ts';

export interface AppDeps {
  readonly stream: StreamWriter;
  readonly database: Database;
  /** Looks at the dependencies, on connections that queries do not wait for. */
  readonly checks: Readonly<Record<'database' | 'redis', Check>>;
  readonly log: Logger;
  readonly lineLimit: LineLimit;
  /** Where there is one. */
  readonly rateLimit?: RequestHandler | undefined;
  readonly metrics: GatewayMetrics;
  readonly registry: Registry;
  readonly failPoint: FailPoint;
  readonly now: () => Date;
  readonly random: () => number;
  readonly newBatchId: () => string;
  readonly newRequestId: () => string;
  readonly auditor: Auditor;
  readonly eventStreams: EventStreams;
  readonly tail: Tail;
  readonly tracer: Tracer;
  /** Left out where this gateway asks nobody for a key. */
  readonly authentication?: Authentication | undefined;
  /** Aborted when the service stops: what may take long then ends. */
  readonly stopping: AbortSignal;
}

export interface AppConfig {
  readonly maxEventsPerBatch: number;
  readonly maxBodyBytes: number;
  readonly maxNdjsonBytes: number;
  readonly bodyStallMs: number;
  readonly maxInFlightBytes: number;
  readonly maxUnreadBytes: number;
  readonly trustProxyHops: number;
  readonly corsOrigins: string;
}

/** Largest body with a filter, or a key. */
const MAX_FILTER_BYTES = 16_384;

/** The gateway's HTTP interface: the operations of api/operations.ts. Never listens. */
export function createApp(deps: AppDeps, config: AppConfig): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', parseQuery);
  app.set('trust proxy', config.trustProxyHops);
  app.use(requestContext(deps), checkShape, boundUnreadAnswers(deps, config));
  const origins = config.corsOrigins.split(',').filter(Boolean);
  if (origins.length > 0) app.use(allowOrigins(origins));
  if (deps.rateLimit !== undefined) app.use(deps.rateLimit);
  const dashboard = createDashboardPage(dashboardFolder);
  const guard = deps.authentication === undefined ? openGuard(origins) : createGuard(deps.authentication);
  bindOperations(app, handlersOf(deps, config, dashboard), guard);
  app.use('/dashboard/assets', dashboard.assets);
  app.use(docsFiles());
  app.use((request, response, next) => {
    if (request.url === '*') return otherMethods(allowedAt('*') ?? '')(request, response, next);
    throw new Problem('not-found', { detail: 'See GET / for what there is.' });
  });
  app.use(errorHandler(deps));
  return app;
}

function handlersOf(deps: AppDeps, config: AppConfig, dashboard: DashboardPage): Handlers {
  // publishing needs Redis alone: without Postgres a balancer must not take all gateways away from the producers
  const operator = operationsHandlers({ ...deps, needed: ['redis'] });
  const liveHub = createLiveHub({ ...deps, status: createLiveStatus({ ...deps, version: VERSION }) });
  const budget = createBodyBudget(deps, config);
  const readFilter = [onlyJson, ...readBody({ budget }, { maxBodyBytes: MAX_FILTER_BYTES })];
  return {
    publishEvents: publishHandlers({ ...deps, budget }, config),
    listEvents: eventsRoute(deps),
    listBatches: batchesRoute(deps),
    followEvents: tailRoute(deps),

    readStats: statsRoute(deps),
    audit: auditRoute(deps),
    followStatus: liveRoute({ ...deps, liveHub }),
    listConsumers: consumersRoute(deps),

    listDeadLetters: deadLettersRoute(deps),
    deleteDeadLetters: deleteDeadLettersRoute(deps),
    replayDeadLetters: [...readFilter, replayLettersRoute(deps, config)],
    readDeadLetter: deadLetterRoute(deps),
    deleteDeadLetter: deleteDeadLetterRoute(deps),
    replayDeadLetter: replayLetterRoute(deps, config),

    describeService: [dashboard.forBrowsers, rootRoute],
    readOpenApi: openApiRoute({ ...config, keysRequired: deps.authentication !== undefined }),
    readDocumentation: docsRoute(),
    showDashboard: dashboard.page,

    readSession: readSessionRoute,
    signIn: [onlyOurPages(), limitSignIns(), ...readFilter, signInRoute(deps.authentication)],
    signOut: [onlyOurPages(), signOutRoute],

    readHealth: operator.health,
    readLiveness: operator.live,
    readReadiness: operator.ready,
    readMetrics: operator.metrics,
  };
}
