import type { Database } from '../database.ts';

/** What one life (epoch) of a shard's stream has brought. */
export interface StreamAccount {
  readonly shard: number;
  readonly epoch: string;
  /** Events that were stored, dropped as duplicates, or dead-lettered. */
  readonly applied: number;
  /** Events of entries that repeated a batch. */
  readonly repeated: number;
}

/** Sums the accounts over their stripes. Index: stream_accounts_pkey. Locks nothing. */
export async function readAccounts(database: Database): Promise<StreamAccount[]> {
  const rows = await database.run(
    (sql) => sql<Record<keyof StreamAccount, string>[]>`
    SELECT shard, epoch, sum(applied)::text AS applied, sum(repeated)::text AS repeated
    FROM stream_accounts GROUP BY shard, epoch ORDER BY shard, epoch`,
  );
  return rows.map(({ shard, epoch, applied, repeated }) => ({
    shard: Number(shard),
    epoch,
    applied: Number(applied),
    repeated: Number(repeated),
  }));
}
