import type { Fragment, Sql } from 'postgres';

/** Which dead letters are meant; what is left out does not restrict. */
export interface DeadLetterFilter {
  /** In decimal: a bigint. */
  readonly id?: string | undefined;
  readonly code?: string | undefined;
  readonly batchId?: string | undefined;
  /** RFC 3339, inclusive, on the time of burial. */
  readonly since?: string | undefined;
  /** RFC 3339, exclusive. */
  readonly until?: string | undefined;
  readonly state?: 'open' | 'replayed' | undefined;
  /** Only letters older than the one with this ID. */
  readonly beforeId?: string | undefined;
  /** Only letters newer than the one with this ID. */
  readonly afterId?: string | undefined;
}

/** The filter as conditions on `dead_letters`, for a WHERE clause. */
export function matching(sql: Sql, filter: DeadLetterFilter): Fragment {
  const { id, code, batchId, since, until, state, beforeId, afterId } = filter;
  return sql`true
    ${id === undefined ? sql`` : sql`AND id = ${id}::bigint`}
    ${code === undefined ? sql`` : sql`AND code = ${code}`}
    ${batchId === undefined ? sql`` : sql`AND batch_id = ${batchId}::uuid`}
    ${since === undefined ? sql`` : sql`AND created_at >= ${since}::text::timestamptz`}
    ${until === undefined ? sql`` : sql`AND created_at < ${until}::text::timestamptz`}
    ${state === undefined ? sql`` : sql`AND replayed_at ${state === 'open' ? sql`IS NULL` : sql`IS NOT NULL`}`}
    ${beforeId === undefined ? sql`` : sql`AND id < ${beforeId}::bigint`}
    ${afterId === undefined ? sql`` : sql`AND id > ${afterId}::bigint`}`;
}
