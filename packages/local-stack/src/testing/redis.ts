import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startRedis } from '../redis/start-redis.ts';
import './provided-context.ts';
import { startTemporaryServer } from './temporary-server.ts';

/** Vitest global setup: one Redis for the suite, or the one at TEST_REDIS_URL. Provides `redisUrl`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_REDIS_URL'];
  if (given) {
    project.provide('redisUrl', given);
    return async () => {};
  }
  const { url, close } = await startTemporaryServer('redis', (dir) =>
    startRedis({ dataDir: join(dir, 'data'), logFile: join(dir, 'redis.log') }),
  );
  project.provide('redisUrl', url);
  return close;
}
