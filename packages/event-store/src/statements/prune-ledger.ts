import type { Database } from '../database.ts';
import { type PruneBound, prunableBefore } from './prunable-before.ts';
import { pruningTurn } from './pruning-turn.ts';

/**
 * Removes a chunk of the ledger, and adds its sums to pruned_batches in the same statement: the counters stay
 * explained, and who follows the events from far back learns that some are out of reach. A batch goes only when
 * retention is over since it was applied *and* since an entry with it was last seen, see {@link PruneBound}.
 *
 * Index: applied_batches_applied_at to find the rows, applied_batches_pkey to remove them. Locks: the turn (without
 * waiting), ledger rows (leaving out those that somebody has), the one row of pruned_batches, which only who has
 * the turn writes. So it never waits, and nothing waits for it but who repeats one of these very batches.
 *
 * @returns how many rows went; 0 also when another member has the turn
 */
export async function pruneLedger(database: Database, bound: PruneBound, maxRows: number): Promise<number> {
  const [chunk] = await database.run(
    (sql) => sql<{ batches: number }[]>`
    WITH turn AS MATERIALIZED (${pruningTurn(sql, 'ledger')}),
    bound AS MATERIALIZED (${prunableBefore(sql, bound)}),
    old AS MATERIALIZED (
      SELECT batch_id FROM applied_batches
      WHERE (SELECT ours FROM turn) AND applied_at < (SELECT before FROM bound)
        AND (last_repeated_at IS NULL OR last_repeated_at < (SELECT before FROM bound))
      LIMIT ${maxRows} FOR UPDATE SKIP LOCKED
    ),
    gone AS (
      DELETE FROM applied_batches USING old WHERE applied_batches.batch_id = old.batch_id
      RETURNING received, unique_processed, dead_lettered, xid
    ),
    chunk AS MATERIALIZED (
      SELECT count(*) AS batches, sum(received) AS received, sum(unique_processed) AS unique_processed,
        sum(dead_lettered) AS dead_lettered, max(xid) FILTER (WHERE unique_processed > 0) AS last_xid
      FROM gone
    ),
    kept AS (
      UPDATE pruned_batches AS pruned SET
        batches = pruned.batches + chunk.batches,
        received = pruned.received + chunk.received,
        unique_processed = pruned.unique_processed + chunk.unique_processed,
        dead_lettered = pruned.dead_lettered + chunk.dead_lettered,
        last_xid = greatest(pruned.last_xid, chunk.last_xid)
      FROM chunk WHERE chunk.batches > 0
    )
    SELECT batches::integer AS batches FROM chunk`,
  );
  return chunk?.batches ?? 0;
}
