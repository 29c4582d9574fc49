import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Client } from 'pg';
import { connectionSettings } from './connection-settings.ts';
import { scramVerifier } from './scram-verifier.ts';

/** The role of a service, made by migration 0007. */
export type ServiceRole = 'oncelog_consumer' | 'oncelog_gateway';

/** Whom a service logs in as. */
export interface LoginUser {
  readonly role: ServiceRole;
  /** Default: `oncelog_consumer_login`, `oncelog_gateway_login`. */
  readonly name?: string | undefined;
  readonly password: string;
}

/**
 * Limits of a session, unless it sets others: the services set the time of their statements themselves. A wait for a lock
 * ends before the statement's own time is over, so that a lock which somebody holds is not taken for a slow statement.
 * There are no transactions of several statements; one that stays open is a mistake, and holds up everybody.
 *
 * Sessions that are merely idle are not ended: they are the services' pools.
 */
const TIMEOUTS: Record<ServiceRole, Readonly<Record<string, string>>> = {
  oncelog_consumer: {
    statement_timeout: '60s',
    lock_timeout: '10s',
    idle_in_transaction_session_timeout: '10s',
  },
  oncelog_gateway: {
    statement_timeout: '30s',
    lock_timeout: '2s',
    idle_in_transaction_session_timeout: '10s',
  },
};

/** What another database's migration does to the same user at the same moment. */
const MEANWHILE = new Set(['XX000', '42710', '23505']);
const INSUFFICIENT_PRIVILEGE = '42501';
const TRIES = 10;
const PRINTABLE = /^[\x20-\x7e]+$/;

export function loginName(role: ServiceRole): string {
  return `${role}_login`;
}

/**
 * Makes the user, or gives the one that is there this password and these limits. Users belong to the whole cluster:
 * systems that share one need names of their own.
 *
 * @throws {Error} for a name that belongs to somebody with more rights, and what Postgres says
 */
export async function ensureLoginUser(databaseUrl: string, user: LoginUser): Promise<void> {
  if (!PRINTABLE.test(user.password))
    throw new Error(`the password of ${user.name ?? loginName(user.role)} must be printable ASCII`);
  // loaded only here, as the migrations are
  const { Client } = await import('pg');
  const { url, ssl } = connectionSettings(databaseUrl);
  const client = new Client({ connectionString: url, ssl });
  await client.connect();
  try {
    await untilAlone(() => ensure(client, user));
  } finally {
    await client.end();
  }
}

async function ensure(client: Client, { role, name = loginName(role), password }: LoginUser): Promise<void> {
  const { rows } = await client.query<{ mighty: boolean }>(
    `SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS mighty
     FROM pg_roles WHERE rolname = $1`,
    [name],
  );
  if (rows[0]?.mighty === true)
    throw new Error(`${name} has more rights than a service needs: choose another name, or take them away`);
  if (rows.length === 0) await run(client, 'CREATE ROLE %I LOGIN', name);
  try {
    await run(client, 'ALTER ROLE %I LOGIN PASSWORD %L', name, scramVerifier(password, randomBytes(16)));
  } catch (error) {
    if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
    const variable = `${role.replace('oncelog_', '').toUpperCase()}_DATABASE_PASSWORD`;
    throw new Error(
      `${name} is there, and this user may not change it: leave out ${variable}, or have its owner run ALTER ROLE`,
      { cause: error },
    );
  }
  for (const [limit, value] of Object.entries(TIMEOUTS[role]))
    await run(client, `ALTER ROLE %I SET ${limit} = %L`, name, value);
  await run(client, `GRANT ${role} TO %I`, name);
}

/** Statements on roles take no parameters: Postgres itself puts them in, quoted. */
async function run(client: Client, template: string, ...values: string[]): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    'SELECT format($1, VARIADIC $2::text[]) AS statement',
    [template, values],
  );
  await client.query(rows[0]?.statement ?? '');
}

async function untilAlone(attempt: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === TRIES || !MEANWHILE.has((error as { code?: string }).code ?? '')) throw error;
      await setTimeout(20 * tries * Math.random());
    }
  }
}
