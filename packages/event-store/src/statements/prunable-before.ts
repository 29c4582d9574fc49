import type { Fragment, Sql } from 'postgres';

/** Which batches may be pruned. */
export interface PruneBound {
  readonly retentionHours: number;
  /** When the oldest entry that is still in any shard's stream was appended, in ms by Redis's clock; none if empty. */
  readonly oldestEntryMs: number | undefined;
}

/**
 * Rows from before this may go: `min(now, oldest entry) - retention`.
 *
 * An entry in the stream may be delivered again, even an acknowledged one (a lost group starts at the beginning), and
 * must find its batch in the ledger. The entry that brought the batch was appended before the batch was applied, so
 * while it is in the stream, `applied_at >= oldest entry`. An entry that repeats the batch was appended later, but
 * within retention: `applied_at >= oldest entry - retention`. Both hold whatever the backlog; and since retention is
 * an hour at least, also where the clocks of Redis and Postgres differ by less than that.
 */
export function prunableBefore(sql: Sql, { retentionHours, oldestEntryMs }: PruneBound): Fragment {
  const oldest = oldestEntryMs === undefined ? null : String(oldestEntryMs / 1_000);
  return sql`SELECT least(now(), to_timestamp(${oldest}::text::double precision))
    - make_interval(hours => ${retentionHours}::integer) AS before`;
}
