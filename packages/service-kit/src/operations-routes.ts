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

/**
 * What an operator asks of every service: `GET /health` (its dependencies one by one), `GET /health/live` (the
 * process answers), `GET /health/ready` (it can do its work now) and `GET /metrics`.
 */
export function operationsRoutes({ registry, checks, needed, now }: OperationsDeps): Router {
  const router = Router();

  router.get('/health/live', (_request, response) => {
    response.json({ status: 'alive' });
  });

  const report =
    (of: Readonly<Record<string, Check>>): RequestHandler =>
    async (_request, response) => {
      const { healthy, states } = await checkHealth(of);
      response
        .status(healthy ? 200 : 503)
        .json({ status: healthy ? 'healthy' : 'unhealthy', ...states, timestamp: now().toISOString() });
    };
  router.get('/health', report(checks));
  const isNeeded = ([name]: [string, Check]): boolean => needed === undefined || needed.includes(name);
  router.get('/health/ready', report(Object.fromEntries(Object.entries(checks).filter(isNeeded))));

  router.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });

  return router;
}
