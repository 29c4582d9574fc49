import type { Database } from '../database.ts';

/** The lives of a shard's stream that something was applied from, see `stream_accounts`. */
export async function readEpochs(database: Database, shard: number): Promise<string[]> {
  const rows = await database.run(
    (sql) =>
      sql<{ epoch: string }[]>`
        SELECT DISTINCT epoch FROM stream_accounts WHERE shard = ${shard}::smallint ORDER BY epoch`,
  );
  return rows.map(({ epoch }) => epoch);
}
