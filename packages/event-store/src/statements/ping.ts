import type { Database } from '../database.ts';

/** Resolves when Postgres answers. */
export async function ping(database: Database): Promise<void> {
  await database.run((sql) => sql`SELECT`);
}
