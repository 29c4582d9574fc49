import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../paths.ts';
import { runCommand } from '../process/run-command.ts';
import { StackError } from '../stack-error.ts';

/** The services that log in to Postgres and Redis, each as itself. */
export type ServiceUser = 'gateway' | 'consumer';

/** The passwords of an installation, and Redis's list of users. */
export interface Secrets {
  /** Of `oncelog_gateway_login` and `oncelog_consumer_login`. */
  readonly database: Readonly<Record<ServiceUser, string>>;
  /** Of the users `gateway`, `consumer` and `operator`. */
  readonly redis: Readonly<Record<ServiceUser | 'operator', string>>;
  /** Redis's `aclfile`. */
  readonly aclFile: string;
}

/**
 * Reads the secrets in a folder, readable by us only; `infra/secrets.mjs` makes those that are missing.
 *
 * @param redisUsers more lines for Redis's list of users: `user test on >test ~* &* +@all`
 */
export async function ensureSecrets(folder: string, redisUsers: readonly string[] = []): Promise<Secrets> {
  const script = join(repositoryRoot, 'infra/secrets.mjs');
  const { code, output } = await runCommand(process.execPath, [script, folder]);
  if (code !== 0) throw new StackError(`The secrets in ${folder} could not be made (${output.trim()})`);
  const aclFile = join(folder, 'broker/users.acl');
  for (const line of redisUsers) appendFileSync(aclFile, `${line}\n`);
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8').trim();
  return {
    database: { gateway: read('gateway/database-password'), consumer: read('consumer/database-password') },
    redis: {
      gateway: read('gateway/redis-password'),
      consumer: read('consumer/redis-password'),
      operator: read('broker/operator-password'),
    },
    aclFile,
  };
}

/** What the migrations are told, so that they make the services' users in Postgres. */
export function migrationEnv({ database }: Secrets): Record<string, string> {
  return { GATEWAY_DATABASE_PASSWORD: database.gateway, CONSUMER_DATABASE_PASSWORD: database.consumer };
}

/** The same server, for another user. */
export function urlFor(url: string, username: string, password: string): string {
  return Object.assign(new URL(url), { username, password }).href;
}

/** The name of a service's user in Postgres, as the migrations have it. */
export function databaseUser(service: ServiceUser): string {
  return `oncelog_${service}_login`;
}
