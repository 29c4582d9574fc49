import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseDeadlineError, openDatabase } from './database.ts';
import { assertSchema, SchemaMismatchError } from './migrate.ts';
import { ping } from './statements/ping.ts';
import { createTestDatabase, type TestDatabase } from './testing/index.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(testPostgresUrl());
});
afterAll(() => test.drop());

const open = (url: string, statementTimeoutMs = 10_000) =>
  openDatabase({ url, name: 'database-test', maxConnections: 1, statementTimeoutMs });

describe('openDatabase', () => {
  it('lets Postgres end a statement that takes too long', async () => {
    const database = open(test.url, 100);
    await expect(database.run((sql) => sql`SELECT pg_sleep(30)`)).rejects.toMatchObject({ code: '57014' });
    await ping(database);
    await database.close();
  });

  it('gives up a connection that says nothing, and works again on a new one', async () => {
    const database = open(test.url, 100);
    // a backend whose own limit is off stands for one that is stopped or cut off
    const stuck = database.run(async (sql) => {
      await sql`SET statement_timeout = 0`;
      return sql`SELECT pg_sleep(30)`;
    });
    await expect(stuck).rejects.toBeInstanceOf(DatabaseDeadlineError);
    await ping(database);
    await database.close();
  });

  it('survives the end of its backend', async () => {
    const database = open(test.url);
    const [row] = await database.run((sql) => sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`);
    await test.sql`SELECT pg_terminate_backend(${row?.pid ?? 0})`;
    await expect.poll(async () => ping(database).then(() => 'works', String)).toBe('works');
    await database.close();
  });

  it('tells an observer what becomes of each statement', async () => {
    const told: string[] = [];
    const observer = {
      waits: () => told.push('waits'),
      begins: () => told.push('begins'),
      givesUp: () => told.push('gives up'),
      ends: (tookMs: number, failed: boolean) => told.push(`ends ${tookMs >= 0} ${failed}`),
    };
    const database = openDatabase({
      url: test.url,
      name: 'database-test',
      maxConnections: 1,
      statementTimeoutMs: 10_000,
      observer,
    });
    const failing = database.run((sql) => sql`SELECT 1 / 0`);
    const next = ping(database);
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    await next;
    expect(told).toEqual(['waits', 'waits', 'begins', 'ends true true', 'begins', 'ends true false']);
    await database.close();
  });
});

describe('assertSchema', () => {
  it('accepts the schema of this build', async () => {
    await assertSchema(test.database);
  });

  it('refuses a database without a schema, and one from a later build', async () => {
    const empty = open(testPostgresUrl());
    await expect(assertSchema(empty)).rejects.toThrow(/run the migrations first/);
    await empty.close();
    const later = await createTestDatabase(testPostgresUrl());
    await later.sql`INSERT INTO schema_migrations (name, run_on) VALUES ('9999_from-the-future', now())`;
    await expect(assertSchema(later.database)).rejects.toBeInstanceOf(SchemaMismatchError);
    await expect(assertSchema(later.database)).rejects.toThrow(/use a newer build/);
    await later.drop();
  });
});
