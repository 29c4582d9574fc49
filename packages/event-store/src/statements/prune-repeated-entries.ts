import type { Database } from '../database.ts';
import { type PruneBound, prunableBefore } from './prunable-before.ts';
import { pruningTurn } from './pruning-turn.ts';

/**
 * Removes a chunk of the entries that repeated a batch, once they cannot be delivered again. Their counts are in
 * stream_accounts.
 *
 * Index: repeated_entries_repeated_at to find the rows, repeated_entries_pkey to remove them. Locks: the turn
 * (without waiting), and rows, leaving out those that somebody has.
 *
 * @returns how many rows went; 0 also when another member has the turn
 */
export async function pruneRepeatedEntries(
  database: Database,
  bound: PruneBound,
  maxRows: number,
): Promise<number> {
  const gone = await database.run(
    (sql) => sql`
    WITH turn AS MATERIALIZED (${pruningTurn(sql, 'repeated-entries')}),
    bound AS MATERIALIZED (${prunableBefore(sql, bound)}),
    old AS MATERIALIZED (
      SELECT shard, entry_id FROM repeated_entries
      WHERE (SELECT ours FROM turn) AND repeated_at < (SELECT before FROM bound)
      LIMIT ${maxRows} FOR UPDATE SKIP LOCKED
    )
    DELETE FROM repeated_entries AS repeated USING old
    WHERE repeated.shard = old.shard AND repeated.entry_id = old.entry_id`,
  );
  return gone.count;
}
