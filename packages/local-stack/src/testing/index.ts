import { inject } from 'vitest';
import './provided-context.ts';

/** The URL of the suite's Postgres. Needs `testing/postgres.ts` among the suite's `globalSetup`. */
export function testPostgresUrl(): string {
  return inject('postgresUrl');
}

/** The URL of the suite's Redis. Needs `testing/redis.ts` among the suite's `globalSetup`. */
export function testRedisUrl(): string {
  return inject('redisUrl');
}

export { openSse, type SseMessage, type SseReader } from './sse.ts';
