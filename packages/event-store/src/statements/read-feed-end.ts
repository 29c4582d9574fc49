import type { Database } from '../database.ts';
import { type FeedSnapshot, feedSnapshot } from '../feed-place.ts';
import { lastPruned, newestBatch } from './feed-batches.ts';

export interface FeedEnd {
  /** All that is committed now. */
  readonly snapshot: FeedSnapshot;
  /** The lowest transaction ID that no transaction had yet. */
  readonly nextXid: bigint;
  /** The highest transaction ID of a pruned batch. */
  readonly prunedXid: bigint | undefined;
  /** Tells this database from others, which count transactions of their own. */
  readonly origin: string;
}

interface Row {
  readonly now: string;
  readonly newest: string | null;
  readonly pruned: string | null;
  readonly origin: string;
}

/** The end of the feed as it is now. Index: applied_batches_xid, backwards, for one row. Locks nothing. */
export async function readFeedEnd(database: Database): Promise<FeedEnd> {
  const [row] = await database.run(
    (sql) => sql<Row[]>`
    SELECT pg_current_snapshot()::text AS now, (${newestBatch(sql)}) AS newest,
      (${lastPruned(sql)})::text AS pruned,
      (SELECT system_identifier FROM pg_control_system()) || ' ' ||
        (SELECT oid FROM pg_database WHERE datname = current_database()) AS origin`,
  );
  if (row === undefined) throw new Error('no end of the feed');
  return {
    snapshot: feedSnapshot(row.now, row.newest === null ? 0n : BigInt(row.newest)),
    nextXid: BigInt(row.now.split(':')[1] ?? ''),
    prunedXid: row.pruned === null ? undefined : BigInt(row.pruned),
    origin: row.origin,
  };
}
