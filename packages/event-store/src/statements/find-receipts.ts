import type { Database } from '../database.ts';

/** What became of a batch that was applied. */
export interface Receipt {
  readonly batch_id: string;
  readonly received: number;
  readonly unique_processed: number;
  readonly dead_lettered: number;
  /** RFC 3339, UTC. */
  readonly applied_at: string;
}

/** The ledger's rows for some batches; those that are not applied yet are missing. Index: applied_batches_pkey. */
export async function findReceipts(database: Database, batchIds: readonly string[]): Promise<Receipt[]> {
  return await database.run(
    (sql) => sql<Receipt[]>`
    SELECT batch_id, received, unique_processed, dead_lettered, to_json(applied_at) #>> '{}' AS applied_at
    FROM applied_batches WHERE batch_id = ANY (${`{${batchIds.join(',')}}`}::uuid[])
    ORDER BY batch_id`,
  );
}
