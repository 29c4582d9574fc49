import type { Fragment, Sql } from 'postgres';

/** "once" in ASCII: keeps these advisory locks apart from those of others in the database. */
const LOCK_CLASS = 0x6f6e6365;
const LOCKS = { ledger: 1, 'repeated-entries': 2, events: 3 };

/** One member at a time removes rows of a kind: true for who has the turn, until the statement's end. Never waits. */
export function pruningTurn(sql: Sql, kind: keyof typeof LOCKS): Fragment {
  return sql`SELECT pg_try_advisory_xact_lock(${LOCK_CLASS}::integer, ${LOCKS[kind]}::integer) AS ours`;
}
