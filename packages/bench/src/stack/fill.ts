import { START_TIME_MS, TOPICS } from '../load/events.ts';
import type { Sql } from './counts.ts';

export interface FillOptions {
  readonly size: number;
  readonly ids: 'random' | 'ordered';
  readonly say: (line: string) => void;
}

/** Ordered IDs of a filled store begin here; those of later runs must be later. */
export const FILL_IDS_FROM_MS = Date.UTC(2025, 0, 1);
const CHUNK = 100_000;
/** Rows lie as the consumers' statements leave them: sorted by key, so many at a time. */
const EVENTS_PER_STATEMENT = 1_600;
const CONNECTIONS = 2;
const SAY_EVERY_MS = 15_000;

/** Only while the store is filled: a fill that is cut short is thrown away. */
const FILL_SETTINGS = [
  ['fsync', 'off'],
  ['full_page_writes', 'off'],
  ['synchronous_commit', 'off'],
  ['max_wal_size', '8GB'],
] as const;

/**
 * Fills the tables by generated SQL, with the counters, ledger and accounts that belong to it, so that an audit agrees.
 * The indexes grow as they do in use, insert by insert: an index that is built at once is denser.
 *
 * The n-th event happened `size - n` seconds before the first event of any run.
 */
export async function fill(sql: Sql, options: FillOptions): Promise<void> {
  const { size, say } = options;
  for (const [name, value] of FILL_SETTINGS) await sql.unsafe(`ALTER SYSTEM SET ${name} = '${value}'`);
  await sql`SELECT pg_reload_conf()`;
  let next = 0;
  let saidAtMs = performance.now();
  const fillOn = async (stripe: number): Promise<void> => {
    while (next < size) {
      const from = next;
      next = Math.min(size, from + CHUNK);
      await fillChunk(sql, options, { from, to: next, stripe });
      if (performance.now() - saidAtMs < SAY_EVERY_MS) continue;
      saidAtMs = performance.now();
      say(`filling: ${next.toLocaleString('en-US')} of ${size.toLocaleString('en-US')} events …`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, stripe) => fillOn(stripe)));
  for (const [name] of FILL_SETTINGS) await sql.unsafe(`ALTER SYSTEM RESET ${name}`);
  await sql`SELECT pg_reload_conf()`;
  await sql`VACUUM ANALYZE`;
  await sql`CHECKPOINT`;
}

interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly stripe: number;
}

/** Event IDs hold `fff` where those of runs hold the run's number. */
async function fillChunk(sql: Sql, { size, ids }: FillOptions, { from, to, stripe }: Chunk): Promise<void> {
  await sql`
    WITH number AS (
      SELECT n, md5(n::text) AS hash FROM generate_series(${from}::bigint, ${to - 1}::bigint) AS n
    ),
    stored AS (
      INSERT INTO processed_events (topic, event_id, "timestamp", source, payload, batch_id)
      SELECT topic, event_id, "timestamp", source, payload, batch_id FROM (
        SELECT n,
          (${`{${TOPICS.join(',')}}`}::text::text[])[1 + ('x' || substr(hash, 25, 7))::bit(28)::integer % ${TOPICS.length}] AS topic,
          CASE WHEN ${ids === 'random'}
            THEN substr(hash, 1, 8) || '-' || substr(hash, 9, 4) || '-4'
            ELSE regexp_replace(lpad(to_hex(${FILL_IDS_FROM_MS}::bigint + n / 50), 12, '0'), '.{8}', '\\&-') || '-7'
          END || 'fff-8' || substr(hash, 13, 3) || '-' || substr(hash, 16, 12) AS event_id,
          to_timestamp(${START_TIME_MS / 1_000}::bigint - ${size}::bigint + n) AS "timestamp",
          'shop-' || 10 + ('x' || substr(hash, 18, 7))::bit(28)::integer % 20 AS source,
          jsonb_build_object('n', n, 'amount', n % 100000 * 0.01, 'customer', 'client-' || substr(hash, 1, 8)) AS payload,
          (lpad(to_hex(n / 100), 8, '0') || '-ffff-7fff-8fff-ffffffffffff')::uuid AS batch_id
        FROM number
      ) AS event
      ORDER BY n / ${EVENTS_PER_STATEMENT}, topic COLLATE "C", event_id COLLATE "C"
      RETURNING topic, batch_id
    ),
    ledger AS (
      INSERT INTO applied_batches (batch_id, shard, entry_id, received, unique_processed, dead_lettered)
      SELECT batch_id, 0, '0-0', count(*), count(*), 0 FROM stored GROUP BY batch_id ORDER BY batch_id
      RETURNING received
    ),
    accounts AS (
      INSERT INTO stream_accounts AS account (stripe, shard, epoch, applied)
      SELECT ${stripe}::smallint, 0, '1', sum(received) FROM ledger
      ON CONFLICT (stripe, shard, epoch) DO UPDATE SET applied = account.applied + excluded.applied
    )
    INSERT INTO event_stats AS stats (stripe, topic, received, unique_processed)
    SELECT ${stripe}::smallint, topic, count(*), count(*) FROM stored GROUP BY topic ORDER BY topic
    ON CONFLICT (stripe, topic) DO UPDATE SET
      received = stats.received + excluded.received,
      unique_processed = stats.unique_processed + excluded.unique_processed`;
}
