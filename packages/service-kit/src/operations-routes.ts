import { type RequestHandler, Router } from 'express';
import { type Check, checkHealth } from './health.ts';
import type { Registry } from './metrics.ts';

export interface OperationsDeps {
  readonly registry: Registry;
  /** By name: `database`, `redis`. */
  readonly checks: Readonly<Record<string, Check>>;
  /** What the service cannot do its main work without; all of `checks` where it is left out. */
  readonly needed?: readonly string[];
  readonly now: () => Date;
}

/** What an operator asks of every service. */
export interface OperationsHandlers {
  /** Its dependencies one by one; 503 where one of them is not connected. */
  readonly health: RequestHandler;
  /** The process answers. */
  readonly live: RequestHandler;
  /** As `health`, of what the service cannot do its main work without. */
  readonly ready: RequestHandler;
  /** For Prometheus. */
  readonly metrics: RequestHandler;
}

export function operationsHandlers({ registry, checks, needed, now }: OperationsDeps): OperationsHandlers {
  const report =
    (of: Readonly<Record<string, Check>>): RequestHandler =>
    async (_request, response) => {
      const { healthy, states } = await checkHealth(of);
      response
        .status(healthy ? 200 : 503)
        .json({ status: healthy ? 'healthy' : 'unhealthy', ...states, timestamp: now().toISOString() });
    };
  const isNeeded = ([name]: [string, Check]): boolean => needed === undefined || needed.includes(name);
  return {
    health: report(checks),
    live: (_request, response) => {
      response.json({ status: 'alive' });
    },
    ready: report(Object.fromEntries(Object.entries(checks).filter(isNeeded))),
    metrics: async (_request, response) => {
      response.type(registry.contentType).send(await registry.metrics());
    },
  };
}

/** The handlers at their paths: `GET /health`, `GET /health/live`, `GET /health/ready` and `GET /metrics`. */
export function operationsRoutes(deps: OperationsDeps): Router {
  const { health, live, ready, metrics } = operationsHandlers(deps);
  const router = Router();
  router.get('/health/live', live);
  router.get('/health', health);
  router.get('/health/ready', ready);
  router.get('/metrics', metrics);
  return router;
}
