import { join } from 'node:path';
import { probePostgres } from '../postgres/probe.ts';
import { type PostgresOptions, postgresSpec, preparePostgres } from '../postgres/start-postgres.ts';
import { findFreePort } from '../process/free-port.ts';
import type { ServerSpec } from '../process/server.ts';
import { findRedisServer } from '../redis/find-redis-server.ts';
import { probeRedis } from '../redis/probe.ts';
import { redisSpec } from '../redis/start-redis.ts';
import { StackError } from '../stack-error.ts';
import type { Secrets } from './secrets.ts';

export interface StorageInput {
  readonly dataDir: string;
  /** The server of the user's own, where one is set. */
  readonly externalUrl?: string | undefined;
  /** With the users of an own Redis. */
  readonly secrets: Secrets;
  readonly log: (line: string) => void;
}

/** Where a server is, and how to run it where that is our task. */
export interface Storage {
  readonly url: string;
  readonly server?: ServerSpec;
}

/** The embedded Postgres on a free port, or the one at DATABASE_URL, which must be there already. */
export async function preparePostgresStorage({ dataDir, externalUrl }: StorageInput): Promise<Storage> {
  if (externalUrl !== undefined) {
    const answer = await probePostgres(externalUrl);
    if (answer.outcome === 'ready') return { url: externalUrl };
    throw unusable('DATABASE_URL', 'Postgres', externalUrl, answer.detail);
  }
  const options: PostgresOptions = {
    clusterDir: join(dataDir, 'postgres'),
    logFile: join(dataDir, 'logs/postgres.log'),
    pidFile: join(dataDir, 'run/postgres.pid'),
  };
  const server = postgresSpec(await preparePostgres(options), await findFreePort(), options);
  return { url: server.url, server };
}

/** An own Redis on a free port, or the one at REDIS_URL, which must be there already. */
export async function prepareRedisStorage({
  dataDir,
  externalUrl,
  secrets,
  log,
}: StorageInput): Promise<Storage> {
  if (externalUrl !== undefined) {
    const answer = await probeRedis(externalUrl);
    if (answer.outcome === 'ready') return { url: externalUrl };
    throw unusable('REDIS_URL', 'Redis', externalUrl, answer.detail);
  }
  const server = redisSpec(await findRedisServer({ log }), await findFreePort(), {
    dataDir: join(dataDir, 'redis'),
    logFile: join(dataDir, 'logs/redis.log'),
    pidFile: join(dataDir, 'run/redis.pid'),
    users: secrets,
  });
  return { url: server.url, server };
}

/** Names the host only: the URL may hold a password. */
function unusable(setting: string, what: string, url: string, detail: string): StackError {
  return new StackError(
    `${setting}: no usable ${what} at ${new URL(url).host} (${detail}): start it, correct ${setting}, or unset ${setting} to use an embedded server`,
  );
}
