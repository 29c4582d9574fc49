import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../postgres/start-postgres.ts';
import './provided-context.ts';
import { startTemporaryServer } from './temporary-server.ts';

/** Vitest global setup: one PostgreSQL for the suite, or the one at TEST_POSTGRES_URL. Provides `postgresUrl`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_POSTGRES_URL'];
  if (given) {
    project.provide('postgresUrl', given);
    return async () => {};
  }
  const { url, close } = await startTemporaryServer('postgres', (dir) =>
    startPostgres({
      clusterDir: join(dir, 'cluster'),
      logFile: join(dir, 'postgres.log'),
      durable: false,
    }),
  );
  project.provide('postgresUrl', url);
  return close;
}
