import type { Database } from '../database.ts';
import type { StreamAccount } from './read-accounts.ts';
import type { AuditCheckpoint } from './read-audit-checkpoint.ts';

/** Sums over rows of the ledger. */
export interface LedgerSums {
  readonly batches: number;
  readonly received: number;
  readonly unique_processed: number;
  readonly dead_lettered: number;
}

/** A place in the order of arrival, and in time. */
interface AuditPosition {
  /** In decimal: a bigint. */
  readonly seq: string;
  readonly applied_before: string;
}

/** What Postgres has, all at one moment. */
export interface AuditFigures {
  /** The counters, over all topics. */
  readonly counters: Omit<LedgerSums, 'batches'>;
  readonly accounts: readonly StreamAccount[];
  /** Rows after the checkpoint. */
  readonly rows: number;
  readonly ledger: LedgerSums;
  /** What retention has removed, ever. */
  readonly retired: number;
  readonly pruned: LedgerSums;
  /**
   * How far everything is settled, and what of the counted rows lies before it. Null where another audit has written
   * the checkpoint meanwhile.
   */
  readonly settled: (AuditPosition & { readonly rows: number; readonly ledger: LedgerSums }) | null;
  /** The next candidate. Null while the present one still waits to be settled. */
  readonly next: (AuditPosition & { readonly xid: string }) | null;
}

/** Where to count from: the checkpoint, or the beginning. */
type CountedBefore = Pick<AuditCheckpoint, 'version' | 'seq' | 'appliedBefore'>;

/**
 * Counts what lies beyond a place, and reads every counter, in one statement: one snapshot.
 *
 * A candidate is settled, and may become the checkpoint, when no transaction can add anything before it any more:
 * every transaction that had begun to write when it was taken is over (its ID is below the snapshot's xmin), and a
 * minute has passed for those that had begun, and taken their numbers and their time, but had not written yet: a
 * statement of ours that lasts longer was ended by its timeout. Where that is not true after all (a longer timeout,
 * a clock that was set), the sums differ, and the audit then counts everything.
 *
 * Indexes: processed_events_pkey and applied_batches_applied_at; the whole tables when it counts from the beginning. The other tables are small. Locks nothing.
 */
export async function readAuditFigures(database: Database, before: CountedBefore): Promise<AuditFigures> {
  const { version, seq, appliedBefore } = before;
  const [row] = await database.run(
    (sql) => sql<{ figures: AuditFigures }[]>`
    WITH candidate AS MATERIALIZED (
      SELECT *, candidate_xid <= pg_snapshot_xmin(pg_current_snapshot())
        AND candidate_taken_at < now() - interval '1 minute' AS settled
      FROM audit_checkpoint WHERE version = ${version}::bigint
    ),
    place AS MATERIALIZED (
      SELECT CASE WHEN settled THEN candidate_seq ELSE seq END AS seq,
        CASE WHEN settled THEN candidate_taken_at ELSE applied_before END AS applied_before,
        -- time for another candidate; also where the clock was set back behind the one that waits
        candidate_seq IS NULL OR settled OR candidate_taken_at > now() AS is_due
      FROM candidate
    ),
    stored AS (
      SELECT count(*) AS rows, count(*) FILTER (WHERE seq <= (SELECT seq FROM place)) AS settled
      FROM processed_events WHERE seq > ${seq}::bigint
    ),
    ledger AS MATERIALIZED (
      SELECT applied_at < (SELECT applied_before FROM place) AS settled, count(*) AS batches,
        sum(received) AS received, sum(unique_processed) AS unique_processed, sum(dead_lettered) AS dead_lettered
      FROM applied_batches WHERE applied_at >= ${appliedBefore}::text::timestamptz GROUP BY 1
    ),
    sums AS (
      SELECT coalesce(sum(batches), 0) AS batches, coalesce(sum(received), 0) AS received,
        coalesce(sum(unique_processed), 0) AS unique_processed, coalesce(sum(dead_lettered), 0) AS dead_lettered
      FROM ledger
    ),
    settled_sums AS (
      SELECT coalesce(sum(batches), 0) AS batches, coalesce(sum(received), 0) AS received,
        coalesce(sum(unique_processed), 0) AS unique_processed, coalesce(sum(dead_lettered), 0) AS dead_lettered
      FROM ledger WHERE settled
    ),
    counters AS (
      SELECT coalesce(sum(received), 0) AS received, coalesce(sum(unique_processed), 0) AS unique_processed,
        coalesce(sum(dead_lettered), 0) AS dead_lettered
      FROM event_stats
    ),
    accounts AS (
      SELECT shard, epoch, sum(applied) AS applied, sum(repeated) AS repeated
      FROM stream_accounts GROUP BY shard, epoch ORDER BY shard, epoch
    )
    SELECT json_build_object(
      'counters', (SELECT to_json(counters) FROM counters),
      'accounts', (SELECT coalesce(json_agg(accounts), '[]') FROM accounts),
      'rows', (SELECT rows FROM stored),
      'ledger', (SELECT to_json(sums) FROM sums),
      'retired', (SELECT coalesce(sum(events), 0) FROM retired_events),
      'pruned', (SELECT json_build_object('batches', batches, 'received', received,
        'unique_processed', unique_processed, 'dead_lettered', dead_lettered) FROM pruned_batches),
      'settled', (SELECT json_build_object('seq', seq::text, 'applied_before', applied_before::text,
        'rows', (SELECT settled FROM stored), 'ledger', (SELECT to_json(settled_sums) FROM settled_sums))
        FROM place),
      'next', (SELECT json_build_object('seq', coalesce((SELECT max(seq) FROM processed_events), place.seq)::text,
        'applied_before', now()::text, 'xid', pg_snapshot_xmax(pg_current_snapshot())::text)
        FROM place WHERE is_due)
    ) AS figures`,
  );
  if (row === undefined) throw new Error('no figures');
  return row.figures;
}
