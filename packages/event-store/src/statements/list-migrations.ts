import type { Database } from '../database.ts';

/** The names of the migrations that the database has, in order; none where there is no such table. */
export async function listMigrations(database: Database): Promise<string[]> {
  const exists = await database.run(
    (sql) => sql<{ found: boolean }[]>`
    SELECT to_regclass('schema_migrations') IS NOT NULL AS found`,
  );
  if (exists[0]?.found !== true) return [];
  const rows = await database.run(
    (sql) => sql<{ name: string }[]>`SELECT name FROM schema_migrations ORDER BY id`,
  );
  return rows.map(({ name }) => name);
}
