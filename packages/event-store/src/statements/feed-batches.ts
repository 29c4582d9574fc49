import type { Fragment, Sql } from 'postgres';
import { type FeedPlace, type FeedSnapshot, pgSnapshotText } from '../feed-place.ts';

export interface FeedRange {
  readonly from: FeedPlace;
  /** What was committed until then; without it, until now. */
  readonly until?: FeedSnapshot | undefined;
  /** Most batches; none for all. */
  readonly limit?: number | undefined;
}

/**
 * The ledger's rows of batches that brought events and that come after a place: in order of `xid` and `first_seq`, which
 * is the order of the feed, since a transaction numbers its events batch by batch.
 *
 * Those that were running in the snapshot of the place are looked up one by one: they may be far older than the others,
 * and everything since the oldest would be read otherwise. Index: applied_batches_xid, forwards until the limit is
 * reached. Locks nothing.
 */
export function feedBatches(sql: Sql, { from, until, limit }: FeedRange): Fragment {
  const { passed } = from;
  const columns = sql`xid, batch_id, first_seq, last_seq, unique_processed`;
  const end = snapshotSql(sql, until);
  // what this statement sees is not enough: the ledger of a restored dump may hold IDs that are not given out yet
  const isNew = sql`pg_visible_in_snapshot(xid, ${end}) ${afterBatch(sql, from)}`;
  const atMost = limit === undefined ? sql`` : sql`LIMIT ${limit}::integer`;
  return sql`
    SELECT ${columns} FROM (
      SELECT late.* FROM unnest(${`{${passed.running.join(',')}}`}::xid8[]) AS running (xid),
      LATERAL (
        SELECT ${columns} FROM applied_batches
        WHERE applied_batches.xid = running.xid AND first_seq IS NOT NULL AND ${isNew}
        OFFSET 0 -- row by row, by the index
      ) AS late
      UNION ALL
      (
        SELECT ${columns} FROM applied_batches
        WHERE first_seq IS NOT NULL AND xid >= ${String(startOf(from, until))}::text::xid8
          AND xid < pg_snapshot_xmax(${end}) AND ${isNew}
        ORDER BY xid, first_seq ${atMost}
      )
    ) AS batch ORDER BY xid, first_seq ${atMost}`;
}

/** Where the batches begin that had not begun to run in the place's snapshot. */
function startOf({ passed, within }: FeedPlace, until: FeedSnapshot | undefined): bigint {
  // going on towards another end than before, there may be some before the place that were still running then
  if (within === undefined || within.until !== until || within.xid < passed.xmax) return passed.xmax;
  return within.xid;
}

/** Evaluated once for a statement. */
function snapshotSql(sql: Sql, snapshot: FeedSnapshot | undefined): Fragment {
  return snapshot === undefined
    ? sql`(SELECT pg_current_snapshot())`
    : sql`(SELECT ${pgSnapshotText(snapshot)}::text::pg_snapshot)`;
}

/** Leaves out batches that lie before the place altogether. */
function afterBatch(sql: Sql, { within }: FeedPlace): Fragment {
  if (within === undefined) return sql``;
  return sql`AND NOT (
    pg_visible_in_snapshot(xid, ${snapshotSql(sql, within.until)})
    AND (xid, last_seq) <= (${String(within.xid)}::text::xid8, ${String(within.seq)}::text::bigint))`;
}

/** The highest transaction ID of a batch that is committed, pruned ones included. Index: applied_batches_xid. */
export function newestBatch(sql: Sql): Fragment {
  return sql`SELECT greatest(
    (SELECT xid FROM applied_batches
      WHERE first_seq IS NOT NULL AND xid < pg_snapshot_xmax(pg_current_snapshot())
      ORDER BY xid DESC LIMIT 1),
    (${lastPruned(sql)})
  )::text`;
}

/** The highest transaction ID of a pruned batch. One that is not given out yet came with a restored dump: it says nothing. */
export function lastPruned(sql: Sql): Fragment {
  return sql`SELECT last_xid FROM pruned_batches WHERE last_xid < pg_snapshot_xmax(pg_current_snapshot())`;
}
