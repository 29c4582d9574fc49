import { setTimeout as delay } from 'node:timers/promises';
import type { openTestSql } from '@oncelog/event-store/testing';
import { countsOf, type LoadPlan } from '../load/plan.ts';
import { hex } from '../load/random.ts';
import { nowMs } from '../workers/serve.ts';

export type Sql = ReturnType<typeof openTestSql>;

/** What a database has at a moment. */
export interface Counts {
  readonly received: number;
  readonly unique: number;
  readonly dead: number;
  /** The last `seq` that was given out. */
  readonly seq: number;
}

const POLL_MS = 10;
/** Without any progress for so long, a run has failed. */
const STALLED_MS = 60_000;

export async function readCounts(sql: Sql): Promise<Counts> {
  const [row] = await sql<Counts[]>`
    SELECT coalesce(sum(received), 0)::float8 AS received, coalesce(sum(unique_processed), 0)::float8 AS unique,
      coalesce(sum(dead_lettered), 0)::float8 AS dead,
      (SELECT CASE WHEN is_called THEN last_value ELSE 0 END::float8 FROM processed_events_seq_seq) AS seq
    FROM event_stats`;
  if (row === undefined) throw new Error('no counts');
  return row;
}

/** Resolves to the moment at which the counters had grown by so many. */
export async function untilReceived(sql: Sql, before: Counts, events: number): Promise<number> {
  let last = before.received;
  let movedAtMs = nowMs();
  for (;;) {
    const { received } = await readCounts(sql);
    const readAtMs = nowMs();
    if (received - before.received >= events) return readAtMs;
    if (received !== last) movedAtMs = readAtMs;
    last = received;
    if (readAtMs - movedAtMs > STALLED_MS)
      throw new Error(`${received - before.received} of ${events} events counted, and no more for 60 s`);
    await delay(POLL_MS);
  }
}

/**
 * What differs between a run's plan and what the database has got since `before`; nothing where the run was exact.
 * `others` are unique events that came beside the run.
 */
export async function differences(
  sql: Sql,
  before: Counts,
  plan: LoadPlan,
  { others = 0 }: { readonly others?: number } = {},
): Promise<string[]> {
  const planned = countsOf(plan);
  const after = await readCounts(sql);
  // the run stands in every event ID
  const [stored] = await sql<{ rows: number; others: number }[]>`
    SELECT count(*) FILTER (WHERE ours)::float8 AS rows, count(*) FILTER (WHERE NOT ours)::float8 AS others
    FROM (
      SELECT substr(event_id, 16, 3) = ${hex(plan.run, 3)} AS ours FROM processed_events WHERE seq > ${before.seq}
    ) AS fresh`;
  const received = after.received - before.received;
  const unique = after.unique - before.unique;
  return [
    differs('received', received, planned.events + others),
    differs('unique', unique, planned.unique + others),
    differs('duplicates', received - unique, planned.duplicates),
    differs('dead letters', after.dead - before.dead, 0),
    differs('rows of the run', stored?.rows ?? -1, planned.unique),
    differs('other new rows', stored?.others ?? -1, others),
  ].filter((difference) => difference !== undefined);
}

function differs(what: string, found: number, planned: number): string | undefined {
  return found === planned ? undefined : `${what}: ${found}, not ${planned}`;
}
