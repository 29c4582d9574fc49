import { openTestSql } from '@oncelog/event-store/testing';
import { eventAt, topicAt } from '../load/events.ts';
import type { LoadReport } from '../load/load-report.ts';
import { batchesOf, type LoadPlan } from '../load/plan.ts';
import { hex } from '../load/random.ts';
import { cpuSeconds, nowMs, serve } from '../workers/serve.ts';

/**
 * What Postgres can do at most: the same batches into the same tables and indexes, on two connections, several batches
 * in a statement. It looks nothing up, checks nothing, and does not find out which batch brought what.
 */
interface Statement {
  readonly batchIds: readonly string[];
  readonly eventsPerBatch: number;
  /** A JSON array of events. */
  readonly events: string;
  /** How many there are of each topic: the script knows what it sends. */
  readonly topics: ReadonlyMap<string, number>;
}

const EVENTS_PER_STATEMENT = 1_600;
const CONNECTIONS = 2;

let statements: Statement[] = [];

serve({
  prepare(plan: LoadPlan) {
    statements = statementsOf(plan);
  },
  async insert({ url }: { url: string }): Promise<Omit<LoadReport, 'latencyMs' | 'retries'>> {
    const sql = openTestSql(url);
    await Promise.all(Array.from({ length: CONNECTIONS }, () => sql`SELECT 1`));
    const cpuBefore = cpuSeconds();
    const startedAtMs = nowMs();
    let next = 0;
    const insertOn = async (stripe: number): Promise<void> => {
      while (next < statements.length) await insert(sql, statements[next++] as Statement, stripe);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, stripe) => insertOn(stripe)));
    const endedAtMs = nowMs();
    const cpu = cpuSeconds() - cpuBefore;
    statements = [];
    await sql.end();
    return { startedAtMs, endedAtMs, cpuSeconds: cpu };
  },
});

function statementsOf(plan: LoadPlan): Statement[] {
  const batches = batchesOf(plan);
  const perStatement = Math.max(1, Math.round(EVENTS_PER_STATEMENT / plan.batchSize));
  const made: Statement[] = [];
  for (let from = 0; from < batches.length; from += perStatement) {
    const taken = batches.slice(from, from + perStatement);
    const indices = taken.flatMap((batch) => [...batch]);
    const topics = new Map<string, number>();
    for (const index of indices) {
      const topic = topicAt(plan, index);
      topics.set(topic, (topics.get(topic) ?? 0) + 1);
    }
    made.push({
      batchIds: taken.map((_, at) => batchId(plan.run, from + at)),
      eventsPerBatch: plan.batchSize,
      events: `[${indices.map((index) => eventAt(plan, index)).join(',')}]`,
      topics,
    });
  }
  return made;
}

/** In order, as the gateway's UUIDs of version 7 are. */
function batchId(run: number, number: number): string {
  return `${hex(run, 8)}-${hex(number >>> 16, 4)}-7${hex(number, 3)}-8000-${hex(number, 12)}`;
}

async function insert(
  sql: ReturnType<typeof openTestSql>,
  { batchIds, eventsPerBatch, events, topics }: Statement,
  stripe: number,
): Promise<void> {
  const ids = `{${batchIds.join(',')}}`;
  await sql`
    WITH stored AS (
      INSERT INTO processed_events (topic, event_id, "timestamp", source, payload, batch_id)
      SELECT DISTINCT ON (topic, event_id)
        topic, event_id, "timestamp", source, payload, ${batchIds[0] ?? null}::text::uuid
      FROM json_to_recordset(${events}::text::json) AS event (
        topic text COLLATE "C", event_id text COLLATE "C", "timestamp" timestamptz, source text COLLATE "C",
        payload jsonb
      )
      ORDER BY topic, event_id
      ON CONFLICT DO NOTHING
      RETURNING topic
    ),
    ledger AS (
      INSERT INTO applied_batches (batch_id, shard, entry_id, received, unique_processed, dead_lettered)
      SELECT id, 0, '0-0', ${eventsPerBatch}::integer, 0, 0 FROM unnest(${ids}::text::uuid[]) AS id
    )
    INSERT INTO event_stats AS stats (stripe, topic, received, unique_processed)
    SELECT ${stripe}::smallint, sent.key, sent.value::bigint, coalesce(fresh.events, 0)
    FROM json_each_text(${JSON.stringify(Object.fromEntries(topics))}::text::json) AS sent
    LEFT JOIN (SELECT topic, count(*) AS events FROM stored GROUP BY topic) AS fresh ON fresh.topic = sent.key
    ORDER BY sent.key
    ON CONFLICT (stripe, topic) DO UPDATE SET
      received = stats.received + excluded.received,
      unique_processed = stats.unique_processed + excluded.unique_processed`;
}
