import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchReceipt, Stats } from '@oncelog/event-schema';
import { createTestDatabase, type TestDatabase } from '@oncelog/event-store/testing';
import { type RunningServer, startPostgres } from '@oncelog/local-stack';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Evidence, prove } from './proof.ts';
import { type ChaosRecord, createRecord } from './record.ts';
import { chaosEvent, chaosEvents, indicesAt } from './workload.ts';

const seed = 5;
const names = [0, 1, 2].map((number) => ({ publisher: 0, number }));
const dir = mkdtempSync(join(tmpdir(), 'oncelog-proof-'));

let server: RunningServer;
let store: TestDatabase;
beforeAll(async () => {
  const files = { clusterDir: join(dir, 'cluster'), logFile: join(dir, 'log') };
  server = await startPostgres({ ...files, durable: false });
  store = await createTestDatabase(server.url);
});
afterAll(async () => {
  await store?.drop();
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

let record: ChaosRecord;
let evidence: { stats: Stats; receipts: BatchReceipt[]; query: Evidence['query'] };
/** A run of three batches that went well. */
beforeEach(async () => {
  const { sql } = store;
  record = createRecord();
  const receipts: BatchReceipt[] = [];
  await sql`TRUNCATE processed_events`;
  await sql`ALTER TABLE processed_events DROP CONSTRAINT IF EXISTS uq_topic_event_id`;
  for (const name of names) {
    const events = chaosEvents(seed, name);
    const batchId = randomUUID();
    record.acknowledge(record.send({ ...name, events: events.length }), { batchId, queued: events.length });
    receipts.push({ batch_id: batchId, received: events.length, dead_lettered: 0 } as BatchReceipt);
  }
  await store.sql`
    INSERT INTO processed_events (topic, event_id, "timestamp", source, payload, batch_id)
    SELECT topic, event_id, "timestamp", source, payload, gen_random_uuid()
    FROM json_to_recordset(${JSON.stringify(keys().map((index) => chaosEvent(seed, index)))}::text::json)
      AS event (topic text, event_id text, "timestamp" timestamptz, source text, payload jsonb)`;
  const received = record.acknowledgedEvents();
  const unique = keys().length;
  const counts = { received, unique_processed: unique, duplicate_dropped: received - unique };
  const stats = { ...counts, accepted: received, dead_lettered: 0, in_flight: 0, topics: [], by_topic: [] };
  evidence = {
    stats: { ...stats, uptime_seconds: 1, status: 'running' },
    receipts,
    query: async (text) => String(Object.values((await sql.unsafe(text))[0] ?? {})[0]),
  };
});

const keys = (): number[] => [...new Set(names.flatMap((name) => indicesAt(seed, name)))];
const differences = async () => (await prove({ seed, record }, evidence)).differences.join('\n');
const one = (sql: TestDatabase['sql']) => sql`(SELECT min(seq) FROM processed_events)`;

describe('prove', () => {
  it('finds nothing where all is exact', async () => {
    const proof = await prove({ seed, record }, evidence);
    expect(proof).toEqual({ keys: keys().length, exactKeys: keys().length, differences: [] });
  });

  it('finds a key that was lost', async () => {
    await store.sql`DELETE FROM processed_events WHERE seq = ${one(store.sql)}`;
    expect(await differences()).toMatch(
      /acknowledged, but not stored: \S+ chaos-5-\d+\n1 keys are not exact/,
    );
  });

  it('finds a key that is stored twice', async () => {
    await store.sql`
      INSERT INTO processed_events (topic, event_id, "timestamp", source, payload, batch_id)
      SELECT topic, event_id, "timestamp", source, payload, batch_id
      FROM processed_events WHERE seq = ${one(store.sql)}`;
    expect(await differences()).toContain('stored more than once');
  });

  it.each([
    ['payload', `payload || '{"index": 1e-20}'`],
    ['source', `source || ' '`],
    ['timestamp', `"timestamp" + interval '1 microsecond'`],
  ])('finds a %s that has changed', async (column, changed) => {
    await store.sql.unsafe(
      `UPDATE processed_events SET "${column}" = ${changed} WHERE seq = (SELECT min(seq) FROM processed_events)`,
    );
    expect(await differences()).toContain('stored with another content');
  });

  it('finds an event that nobody has sent', async () => {
    await store.sql`
      INSERT INTO processed_events (topic, event_id, "timestamp", source, payload, batch_id)
      VALUES ('t', 'of nobody', now(), 's', '{}', gen_random_uuid())`;
    expect(await differences()).toContain('1 stored events were never sent');
  });

  it('lets a batch without an answer be stored or not, but not changed', async () => {
    const name = { publisher: 1, number: 9 };
    const [first, ...others] = chaosEvents(seed, name);
    record.send({ ...name, events: others.length + 1 });
    expect(await differences()).toBe('');
    await store.sql`
      INSERT INTO processed_events (topic, event_id, "timestamp", source, payload, batch_id)
      VALUES (${first?.topic ?? ''}, ${first?.event_id ?? ''}, now(), 's', '{}', gen_random_uuid())`;
    evidence.stats = { ...evidence.stats, unique_processed: evidence.stats.unique_processed + 1 };
    evidence.stats = { ...evidence.stats, duplicate_dropped: evidence.stats.duplicate_dropped - 1 };
    expect(await differences()).toMatch(/^stored with another content: \S+ chaos-5-\d+$/);
  });

  it('finds a receipt that is missing, and one that has counted twice', async () => {
    evidence.receipts.pop();
    expect(await differences()).toMatch(/batch 0\/2 .* has the receipt undefined/);
    evidence.receipts = evidence.receipts.map((receipt) => ({ ...receipt, received: receipt.received * 2 }));
    expect(await differences()).toMatch(/batch 0\/0 .* has the receipt {/);
  });

  it.each([
    [{ received: 1 }, /received = \d+ events acknowledged/],
    [{ accepted: 1 }, /accepted = received/],
    [{ in_flight: 1 }, /in_flight = 0/],
    [{ dead_lettered: 1 }, /dead_lettered = 0/],
    [{ unique_processed: 1 }, /unique_processed = \d+ rows/],
  ])('finds figures that are not exact: %j', async (figures, difference) => {
    evidence.stats = { ...evidence.stats, ...figures };
    expect(await differences()).toMatch(difference);
  });

  it('passes on what the publishers saw and should not have', async () => {
    record.acknowledge(record.batches[0] as (typeof record.batches)[0], { batchId: randomUUID(), queued: 1 });
    expect(await differences()).toMatch(/queued 1\n.*and again as/);
  });
});
