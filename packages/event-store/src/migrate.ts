import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connectionSettings } from './connection-settings.ts';
import type { Database } from './database.ts';
import { listMigrations } from './statements/list-migrations.ts';

const MIGRATIONS_DIR = fileURLToPath(new URL('../migrations', import.meta.url));
const MIGRATIONS_TABLE = 'schema_migrations';

/**
 * While a migration waits for a table, everything behind it waits as well: consumers that apply, and so the producers. It
 * gives up after this, and is run again when whoever reads there (a dump, a full audit) is done.
 */
const LOCK_TIMEOUT_MS = 10_000;

/** Runs the migrations that the database lacks, in one transaction, under a lock. Resolves to their names. */
export async function migrate(databaseUrl: string, log: (message: string) => void): Promise<string[]> {
  // loaded only here: it and what it brings would cost every service 30 MB
  const { runner } = await import('node-pg-migrate');
  const { url, ssl } = connectionSettings(databaseUrl);
  const applied = await runner({
    databaseUrl: {
      connectionString: url,
      lock_timeout: LOCK_TIMEOUT_MS,
      ssl,
    },
    dir: MIGRATIONS_DIR,
    migrationsTable: MIGRATIONS_TABLE,
    direction: 'up',
    singleTransaction: true,
    log,
  });
  return applied.map(({ name }) => name);
}

/** The migrations that this build knows, in order. */
export function knownMigrations(): string[] {
  return readdirSync(MIGRATIONS_DIR)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.replace(/\.sql$/, ''))
    .sort();
}

/** The database's schema is not the one that this build was made for. */
export class SchemaMismatchError extends Error {
  constructor(applied: readonly string[], known: readonly string[]) {
    super(
      `the database's schema is at ${applied.at(-1) ?? 'nothing'}, this build needs ${known.at(-1)}: ` +
        (applied.length < known.length ? 'run the migrations first' : 'use a newer build'),
    );
    this.name = 'SchemaMismatchError';
  }
}

/** @throws {SchemaMismatchError} unless the database has exactly the migrations that this build knows */
export async function assertSchema(database: Database): Promise<void> {
  const applied = await listMigrations(database);
  const known = knownMigrations();
  if (applied.join() !== known.join()) throw new SchemaMismatchError(applied, known);
}
