import type { Database } from '../database.ts';
import { type FeedPlace, type FeedSnapshot, feedSnapshot } from '../feed-place.ts';
import { feedBatches, newestBatch } from './feed-batches.ts';

export interface SkippedEvents {
  /** All that is committed now. */
  readonly snapshot: FeedSnapshot;
  /** How many unique events lie between, as the ledger counts them. */
  readonly events: number;
}

/**
 * Goes to the end of the feed without reading its events.
 *
 * Indexes: applied_batches_xid; processed_events_pkey for the batch that the place is in the middle of. Locks nothing.
 */
export async function skipEvents(database: Database, from: FeedPlace): Promise<SkippedEvents> {
  const xid = String(from.within?.xid ?? 0);
  const seq = String(from.within?.seq ?? 0);
  const [row] = await database.run(
    (sql) => sql<{ now: string; newest: string | null; events: string }[]>`
    WITH batch AS MATERIALIZED (${feedBatches(sql, { from })})
    SELECT pg_current_snapshot()::text AS now, (${newestBatch(sql)}) AS newest,
      coalesce(sum(
        CASE WHEN xid = ${xid}::text::xid8 AND ${seq}::text::bigint BETWEEN first_seq AND last_seq
          THEN (
            SELECT count(*) FROM processed_events AS event
            WHERE event.seq > ${seq}::text::bigint AND event.seq <= batch.last_seq AND event.batch_id = batch.batch_id
          )
          ELSE unique_processed
        END
      ), 0)::text AS events
    FROM batch`,
  );
  if (row === undefined) throw new Error('no end of the feed');
  const newest = row.newest === null ? 0n : BigInt(row.newest);
  const { xmax } = from.passed;
  return { snapshot: feedSnapshot(row.now, newest >= xmax ? newest : xmax - 1n), events: Number(row.events) };
}
