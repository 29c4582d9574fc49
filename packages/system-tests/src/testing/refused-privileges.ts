import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTestRedis } from '@oncelog/event-stream/testing';

const ANSWER_WITHIN_MS = 2_000;

/**
 * What a service was refused for want of a right: by Redis, as its ACL LOG has it since its last start, and by Postgres,
 * as its log in `logs` has it. A Redis that does not run at the moment says nothing.
 */
export async function refusedPrivileges(redisUrl: string, logs: string): Promise<string[]> {
  return [...(await refusedByRedis(redisUrl)), ...refusedByPostgres(join(logs, 'postgres.log'))];
}

async function refusedByRedis(url: string): Promise<string[]> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, ANSWER_WITHIN_MS, undefined);
  const redis = await Promise.race([openTestRedis(url, { reconnect: false }).catch(() => undefined), late]);
  clearTimeout(timer);
  if (redis === undefined) return [];
  const log = await redis.aclLog();
  redis.destroy();
  return log.map(({ reason, object, username, 'client-info': client }) =>
    JSON.stringify({ reason, object, username, client }),
  );
}

function refusedByPostgres(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes('permission denied'));
}
