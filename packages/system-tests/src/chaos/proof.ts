import type { BatchReceipt, Stats } from '@oncelog/event-schema';
import type { ChaosRecord } from './record.ts';
import { chaosEvent, indicesAt } from './workload.ts';

/** What the system says of itself when it is at rest. */
export interface Evidence {
  readonly stats: Stats;
  readonly receipts: readonly BatchReceipt[];
  /** One statement; resolves to the only column of its only row. */
  readonly query: (sql: string) => Promise<string>;
}

export interface Proof {
  readonly keys: number;
  readonly exactKeys: number;
  /** Everything that is not as it should be; empty where all is exact. */
  readonly differences: readonly string[];
}

const KEYS_PER_QUERY = 2_000;
const SHOWN = 5;

/**
 * Compares the table, the receipts and the figures with what the publishers know: every key that was acknowledged is
 * stored once, byte for byte as it was sent; nothing else is stored but what was sent; everything was counted once.
 */
export async function prove(
  { seed, record }: { seed: number; record: ChaosRecord },
  evidence: Evidence,
): Promise<Proof> {
  const acknowledged = new Set<number>();
  const unanswered = new Set<number>();
  for (const batch of record.batches) {
    const keys = batch.batchId === undefined ? unanswered : acknowledged;
    for (const index of indicesAt(seed, batch)) keys.add(index);
  }
  const maybe = [...unanswered].filter((index) => !acknowledged.has(index));
  const sure = await compare(evidence.query, seed, [...acknowledged]);
  const possible = await compare(evidence.query, seed, maybe);
  const stored = Number(await evidence.query('SELECT count(*) FROM processed_events'));
  const known = sure.stored + possible.stored;
  return {
    keys: acknowledged.size,
    exactKeys: sure.exact,
    differences: [
      ...record.contradictions.slice(0, SHOWN),
      ...sure.lost.map((key) => `acknowledged, but not stored: ${key}`),
      ...[...sure.repeated, ...possible.repeated].map((key) => `stored more than once: ${key}`),
      ...[...sure.changed, ...possible.changed].map((key) => `stored with another content: ${key}`),
      ...(sure.exact === acknowledged.size ? [] : [`${acknowledged.size - sure.exact} keys are not exact`]),
      ...(stored === known ? [] : [`${stored - known} stored events were never sent`]),
      ...unexpectedReceipts(record, evidence.receipts),
      ...unexpectedFigures(record, evidence, { stored }),
    ],
  };
}

interface Comparison {
  readonly exact: number;
  /** Rows. */
  readonly stored: number;
  readonly lost: readonly string[];
  readonly repeated: readonly string[];
  readonly changed: readonly string[];
}

async function compare(
  query: Evidence['query'],
  seed: number,
  indices: readonly number[],
): Promise<Comparison> {
  const total = {
    exact: 0,
    stored: 0,
    lost: [] as string[],
    repeated: [] as string[],
    changed: [] as string[],
  };
  for (let from = 0; from < indices.length; from += KEYS_PER_QUERY) {
    const events = indices.slice(from, from + KEYS_PER_QUERY).map((index) => chaosEvent(seed, index));
    const found = JSON.parse(await query(comparison(JSON.stringify(events)))) as Comparison;
    total.exact += found.exact;
    total.stored += found.stored;
    for (const list of ['lost', 'repeated', 'changed'] as const) {
      total[list].push(...found[list].slice(0, SHOWN - total[list].length));
    }
  }
  return total;
}

/** Payloads are compared as the text of their jsonb: two that differ in one digit of a number differ. */
function comparison(events: string): string {
  return `
    WITH expected AS (
      SELECT * FROM json_to_recordset('${events.replaceAll("'", "''")}'::json) AS event (
        topic text COLLATE "C", event_id text COLLATE "C", "timestamp" timestamptz, source text COLLATE "C",
        payload jsonb
      )
    ),
    key AS (
      SELECT expected.topic || ' ' || expected.event_id AS name, count(stored.seq) AS copies,
        bool_and(stored."timestamp" = expected."timestamp" AND stored.source = expected.source
          AND stored.payload::text = expected.payload::text) AS same
      FROM expected LEFT JOIN processed_events AS stored USING (topic, event_id)
      GROUP BY expected.topic, expected.event_id
    )
    SELECT json_build_object(
      'exact', count(*) FILTER (WHERE copies = 1 AND same),
      'stored', coalesce(sum(copies), 0),
      'lost', coalesce(json_agg(name) FILTER (WHERE copies = 0), '[]'),
      'repeated', coalesce(json_agg(name) FILTER (WHERE copies > 1), '[]'),
      'changed', coalesce(json_agg(name) FILTER (WHERE copies > 0 AND NOT same), '[]')
    )::text FROM key`;
}

/** Every acknowledged batch was applied, as a whole, under an ID of its own. */
function unexpectedReceipts({ batches }: ChaosRecord, receipts: readonly BatchReceipt[]): string[] {
  const received = new Map(receipts.map((receipt) => [receipt.batch_id, receipt]));
  const wrong = batches.flatMap(({ publisher, number, events, batchId }) => {
    if (batchId === undefined) return [];
    const receipt = received.get(batchId);
    if (receipt?.received === events && receipt.dead_lettered === 0) return [];
    return [`batch ${publisher}/${number} of ${events} events has the receipt ${JSON.stringify(receipt)}`];
  });
  const ids = batches.flatMap(({ batchId }) => batchId ?? []);
  const shared = ids.length - new Set(ids).size;
  return [...wrong.slice(0, SHOWN), ...(shared === 0 ? [] : [`${shared} batches share a batch ID`])];
}

/** I4 at rest, and the sums of the record. A batch without an answer may or may not have been counted. */
function unexpectedFigures(
  record: ChaosRecord,
  { stats }: Evidence,
  { stored }: { stored: number },
): string[] {
  const { accepted, received, unique_processed, duplicate_dropped, dead_lettered, in_flight } = stats;
  const least = record.acknowledgedEvents();
  const most = record.batches.reduce((sum, { events }) => sum + events, 0);
  const rules: Readonly<Record<string, boolean>> = {
    'in_flight = 0': in_flight === 0,
    'dead_lettered = 0': dead_lettered === 0,
    'accepted = received': accepted === received,
    'received = unique_processed + duplicate_dropped': received === unique_processed + duplicate_dropped,
    [`unique_processed = ${stored} rows`]: unique_processed === stored,
    [`received = ${least === most ? least : `${least} to ${most}`} events acknowledged`]:
      received >= least && received <= most,
  };
  const broken = Object.entries(rules).flatMap(([rule, holds]) => (holds ? [] : [rule]));
  if (broken.length === 0) return [];
  const { by_topic: _, topics: __, ...figures } = stats;
  return [`${broken.join('; ')}: does not hold in ${JSON.stringify(figures)}`];
}
