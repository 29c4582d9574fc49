import { randomUUID } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { type Database, openDatabase } from '../database.ts';
import type { ServiceRole } from '../login-user.ts';
import { migrate } from '../migrate.ts';

export interface TestDatabase {
  readonly url: string;
  /** For connections that may do what the role may, as those of a service's user. */
  as(role: ServiceRole): string;
  readonly database: Database;
  /** For looking at tables and for breaking things; not what the services use. */
  readonly sql: Sql;
  drop(): Promise<void>;
}

/** For looking at the tables of a running system; not what the services use. */
export function openTestSql(url: string, maxConnections = 2): Sql {
  return postgres(url, { max: maxConnections, onnotice: () => {}, connection: { TimeZone: 'UTC' } });
}

/** A database of its own, with the whole schema, on a server that tests share. */
export async function createTestDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const server = postgres(serverUrl, { max: 1, onnotice: () => {} });
  await server.unsafe(`CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  await migrate(url, () => {});
  const database = openDatabase({ url, name: 'test', maxConnections: 4, statementTimeoutMs: 10_000 });
  const sql = openTestSql(url);
  return {
    url,
    // sent at the start of the session: `SET ROLE`, which nothing here takes back
    as: (role) => `${url}?role=${role}`,
    database,
    sql,
    drop: async () => {
      await Promise.all([database.close(), sql.end({ timeout: 1 })]);
      await server.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
      await server.end({ timeout: 1 });
    },
  };
}

export { type HeldTransaction, holdTransaction } from './held-transaction.ts';
export { storeBatch, type TestEvent } from './store-batch.ts';
