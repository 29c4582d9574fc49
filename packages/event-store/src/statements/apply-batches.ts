import type { Database } from '../database.ts';

/** A batch on its way into the store. */
export interface StoreBatch {
  readonly batchId: string;
  readonly entryId: string;
  /** The life of the stream that the entry was appended in. */
  readonly epoch: string;
  /** How many events the entry says it holds; those in `body` and the dead ones must be as many. */
  readonly events: number;
  /** JSON text: `{"events":[…]}`, or an array of several of these. */
  readonly body: string;
  /** Events of the batch that were found to be refused; they are not in `body`. */
  readonly dead: readonly DeadEvent[];
}

export interface DeadEvent {
  /** Index in the batch, from 0; null where the whole entry is dead. */
  readonly position: number | null;
  readonly events: number;
  readonly code: string;
  readonly reason: string;
  readonly original: Buffer;
  /** Of the whole original, where only its beginning is given. */
  readonly full?: { readonly bytes: number; readonly sha256: Buffer } | undefined;
}

/** Where a statement's batches come from, and which of the counters' stripes it writes. */
export interface Origin {
  readonly shard: number;
  readonly stripe: number;
}

/** What became of a batch. */
export interface BatchOutcome {
  readonly batch_id: string;
  /** False where the ledger had the batch before: it changed nothing now. */
  readonly applied: boolean;
  /** The stream entry that brought it first. */
  readonly entry_id: string;
  readonly shard: number;
  readonly received: number;
  readonly unique_processed: number;
  readonly dead_lettered: number;
}

/**
 * Applies batches, each at most once: events, counters, ledger and dead letters in one statement, thus in one
 * commit. Batches with a row in the ledger are left out.
 *
 *   input ─▶ batch (not in the ledger) ─▶ incoming (one row an event) ─▶ stored (those that were new)
 *                                                    └──────────┬────────────┘
 *                                            tally (by topic and batch)
 *                                     ┌────────────┴────────────┐
 *                              counters (by topic)   ledger (by batch)     accounts (by epoch, from batch)
 *
 * Two that apply the same batch at the same time both find no ledger row; the second then fails on the ledger's
 * primary key (23505), is undone as a whole, and finds the row when it tries again.
 *
 * A batch that holds more or fewer events than its entry says fails the statement (23502): the entry's number was
 * counted when it was appended, and the figures would never add up again.
 *
 * Locks: keys of uq_topic_event_id, sorted; counters and accounts of this stripe, and ledger rows, each sorted. All
 * writers run this statement, so that all take them in the same order; nothing else prevents deadlocks of multi-row
 * inserts.
 * Indexes: applied_batches_pkey for the look-up; every index of the tables it writes.
 *
 * Parameters: one JSON document for all bodies, because an array parameter would escape every quote in them. It is
 * converted once, to jsonb: cutting it as json would read it again at every level.
 * `seq` is taken in order of arrival, before the rows are sorted by key. The ledger keeps the range of those that a batch
 * brought new, and the ID of this transaction: who follows the events finds by these what was committed since a moment
 * (follow-events.ts).
 *
 * @param batches distinct batch IDs
 * @returns an outcome for each batch, in no particular order
 */
export async function applyBatches(
  database: Database,
  batches: readonly StoreBatch[],
  { shard, stripe }: Origin,
): Promise<BatchOutcome[]> {
  const dead = batches.flatMap((batch) => batch.dead.map((event) => ({ batch, event })));
  const batchIds = textArray(batches.map(({ batchId }) => batchId));
  const entryIds = textArray(batches.map(({ entryId }) => entryId));
  const epochs = textArray(batches.map(({ epoch }) => epoch));
  const claims = textArray(batches.map(({ events }) => String(events)));
  const bodies = `[${batches.map(({ body }) => body).join(',')}]`;
  const deadLetters = JSON.stringify(
    dead.map(({ batch, event: { original, full, ...event } }) => ({
      ...event,
      batch_id: batch.batchId,
      entry_id: batch.entryId,
      original: original.toString('base64'),
      full_bytes: full?.bytes,
      full_sha256: full?.sha256.toString('base64'),
    })),
  );

  return await database.run(
    (sql) => sql<BatchOutcome[]>`
    WITH input AS MATERIALIZED (
      SELECT ids.batch_id, ids.entry_id, ids.epoch, ids.events, documents.body, applied.entry_id AS applied_entry_id,
        applied.shard AS applied_shard, applied.received, applied.unique_processed, applied.dead_lettered
      FROM unnest(${batchIds}::uuid[], ${entryIds}::text[], ${epochs}::text[], ${claims}::integer[])
        WITH ORDINALITY AS ids (batch_id, entry_id, epoch, events, n)
      -- FULL: a body that is not one document but several would shift the bodies behind it; what has no batch ID is
      -- refused as data (23502)
      FULL JOIN jsonb_array_elements(${bodies}::text::jsonb) WITH ORDINALITY AS documents (body, n) USING (n)
      -- LATERAL … LIMIT: row by row, by the index
      LEFT JOIN LATERAL (SELECT * FROM applied_batches WHERE batch_id = ids.batch_id LIMIT 1) AS applied ON true
    ),
    batch AS MATERIALIZED (
      SELECT batch_id, entry_id, epoch, events, body FROM input WHERE applied_entry_id IS NULL
    ),
    incoming AS MATERIALIZED (
      SELECT nextval('processed_events_seq_seq') AS seq, batch_id, (event ->> 'topic') COLLATE "C" AS topic,
        (event ->> 'event_id') COLLATE "C" AS event_id, (event ->> 'timestamp')::timestamptz AS "timestamp",
        (event ->> 'source') COLLATE "C" AS source, nullif(event -> 'payload', 'null') AS payload
      -- lax: a single document is taken as an array of one
      FROM batch, jsonb_path_query(body, 'lax $[*].events[*]') AS event
    ),
    stored AS (
      INSERT INTO processed_events (seq, topic, event_id, "timestamp", source, payload, batch_id)
      SELECT DISTINCT ON (topic, event_id)
        seq, topic, event_id, "timestamp", source, payload, batch_id
      FROM incoming
      ORDER BY topic, event_id, seq
      ON CONFLICT ON CONSTRAINT uq_topic_event_id DO NOTHING
      RETURNING topic, batch_id, seq
    ),
    dead AS MATERIALIZED (
      SELECT letter.* FROM batch
      JOIN json_to_recordset(${deadLetters}::text::json) AS letter (
        batch_id uuid, entry_id text, "position" integer, events integer, code text, reason text, original text,
        full_bytes bigint, full_sha256 text
      ) USING (batch_id)
    ),
    buried AS (
      INSERT INTO dead_letters
        (batch_id, entry_id, position, events, code, reason, original, full_bytes, full_sha256)
      SELECT batch_id, entry_id, "position", events, code, reason, decode(original, 'base64'), full_bytes,
        decode(full_sha256, 'base64')
      FROM dead ORDER BY batch_id, "position"
      -- a batch that comes again after its ledger row was pruned has its dead letters already
      ON CONFLICT ON CONSTRAINT uq_dead_letter_position DO NOTHING
    ),
    tally AS MATERIALIZED (
      SELECT topic, batch_id, count(*) AS received, 0 AS unique_processed, 0 AS dead_lettered,
        NULL::bigint AS first_seq, NULL::bigint AS last_seq
      FROM incoming GROUP BY topic, batch_id
      UNION ALL
      SELECT topic, batch_id, 0, count(*), 0, min(seq), max(seq) FROM stored GROUP BY topic, batch_id
      UNION ALL
      SELECT '', batch_id, 0, 0, sum(events), NULL, NULL FROM dead GROUP BY batch_id
    ),
    counters AS (
      INSERT INTO event_stats AS stats (stripe, topic, received, unique_processed, dead_lettered)
      SELECT ${stripe}::smallint, topic, sum(received), sum(unique_processed), sum(dead_lettered)
      FROM tally GROUP BY topic ORDER BY topic
      ON CONFLICT (stripe, topic) DO UPDATE SET
        received = stats.received + excluded.received,
        unique_processed = stats.unique_processed + excluded.unique_processed,
        dead_lettered = stats.dead_lettered + excluded.dead_lettered
    ),
    ledger AS (
      INSERT INTO applied_batches
        (batch_id, shard, entry_id, received, unique_processed, dead_lettered, first_seq, last_seq)
      SELECT batch_id, ${shard}::smallint, batch.entry_id,
        -- null, and so refused as data (23502), where the entry says that it holds another number of events
        CASE batch.events WHEN coalesce(sum(tally.received + tally.dead_lettered), 0)
          THEN coalesce(sum(tally.received), 0) END,
        coalesce(sum(tally.unique_processed), 0), coalesce(sum(tally.dead_lettered), 0),
        min(tally.first_seq), max(tally.last_seq)
      FROM batch LEFT JOIN tally USING (batch_id)
      GROUP BY batch_id, batch.entry_id, batch.events ORDER BY batch_id
      RETURNING batch_id, shard, entry_id, received, unique_processed, dead_lettered
    ),
    accounts AS (
      INSERT INTO stream_accounts AS account (stripe, shard, epoch, applied)
      -- what the entries say; the ledger has refused any that hold another number of events
      SELECT ${stripe}::smallint, ${shard}::smallint, epoch, sum(events) FROM batch GROUP BY epoch ORDER BY epoch
      ON CONFLICT (stripe, shard, epoch) DO UPDATE SET applied = account.applied + excluded.applied
    )
    SELECT batch_id, true AS applied, shard, entry_id, received, unique_processed, dead_lettered FROM ledger
    UNION ALL
    SELECT batch_id, false, applied_shard, applied_entry_id, received, unique_processed, dead_lettered
    FROM input WHERE applied_entry_id IS NOT NULL`,
  );
}

/** An array literal of UUIDs or entry IDs, which hold nothing that would have to be escaped. */
function textArray(values: readonly string[]): string {
  return `{${values.join(',')}}`;
}
