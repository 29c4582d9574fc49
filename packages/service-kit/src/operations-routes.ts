import { type RequestHandler, Router } from 'express';
import { type Check, checkHealth } from './health.ts';
import type { Registry } from './metrics.ts';

export interface OperationsDeps {
  readonly registry: Registry;
  /** By name: `database`, `redis`. */
  readonly checks: Readonly<Record<string, Check>>;
  readonly now: () => Date;
}

/**
 * What an operator asks of every service: `GET /health` (its dependencies one by one), `GET /health/live` (the
 * process answers), `GET /health/ready` (it can do its work now) and `GET /metrics`.
 */
export function operationsRoutes({ registry, checks, now }: OperationsDeps): Router {
  const router = Router();

  router.get('/health/live', (_request, response) => {
    response.json({ status: 'alive' });
  });

  const health: RequestHandler = async (_request, response) => {
    const { healthy, states } = await checkHealth(checks);
    response
      .status(healthy ? 200 : 503)
      .json({ status: healthy ? 'healthy' : 'unhealthy', ...states, timestamp: now().toISOString() });
  };
  router.get('/health', health);
  router.get('/health/ready', health);

  router.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });

  return router;
}
