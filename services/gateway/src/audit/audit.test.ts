import { type Audit, AuditSchema } from '@oncelog/event-schema';
import { applyBatches, recordRepeatedEntries } from '@oncelog/event-store';
import { type BatchEntry, openReader, type StreamReader } from '@oncelog/event-stream';
import { silentLog } from '@oncelog/event-stream/testing';
import { testRedisUrl } from '@oncelog/local-stack/testing';
import { createRegistry } from '@oncelog/service-kit';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGatewayMetrics } from '../metrics.ts';
import { bodyOf, event, openTestGateway, type TestGateway } from '../testing/gateway.ts';
import { createAuditor } from './auditor.ts';

let gateway: TestGateway;
let reader: StreamReader;
const compiled = TypeCompiler.Compile(AuditSchema);

beforeEach(async () => {
  gateway = await openTestGateway();
  const prefix = gateway.key.split(':')[0] ?? '';
  reader = openReader({ url: testRedisUrl(), prefix, shard: 0, consumer: 'one', log: silentLog });
  await vi.waitFor(() => reader.ensureGroup(), 10_000);
});
afterEach(async () => {
  await reader.close();
  await gateway.close();
});

const publish = (...ids: string[]) =>
  gateway.post(bodyOf(...ids.map((event_id) => event({ event_id }))), { 'idempotency-key': ids.join() });
const read = async () =>
  (await reader.read(
    { maxEntries: 100, maxBytes: 1e6 },
    { blockMs: 20, lingerMs: 0 },
  )) as readonly BatchEntry[];

/** What a consumer does before it acknowledges. */
async function apply(entries: readonly BatchEntry[]): Promise<void> {
  const origin = { shard: 0, stripe: 1 };
  for (const { batchId, id: entryId, epoch, events, body } of entries) {
    const batch = { batchId, entryId, epoch, events, body: body.toString(), dead: [] };
    const [outcome] = await applyBatches(gateway.test.database, [batch], origin);
    if (outcome?.applied === false && outcome.entry_id !== entryId) {
      await recordRepeatedEntries(gateway.test.database, [{ entryId, batchId, events, epoch }], origin);
    }
  }
}

async function consume(): Promise<void> {
  const entries = await read();
  await apply(entries);
  await reader.ack(entries);
}

async function audit(search = ''): Promise<Audit> {
  const response = await fetch(`${gateway.url}/audit${search}`);
  expect(response.status).toBe(200);
  const answer = (await response.json()) as Audit;
  expect([...compiled.Errors(answer)]).toEqual([]);
  return answer;
}

const failing = ({ checks }: Audit) => checks.filter(({ holds }) => !holds).map(({ name }) => name);

/** Three batches: five events, of which one is a duplicate; one batch was sent twice. */
async function publishAndConsume(): Promise<void> {
  await publish('a', 'b', 'a');
  await publish('c');
  await publish('c');
  await publish('d');
  await consume();
}

/** Makes everything two minutes older: the candidate of the last audit is settled then. */
async function settle(): Promise<void> {
  const { sql } = gateway.test;
  await sql`UPDATE applied_batches SET applied_at = applied_at - interval '2 minutes'`;
  await sql`UPDATE audit_checkpoint SET candidate_taken_at = candidate_taken_at - interval '2 minutes'`;
}

describe('GET /audit', () => {
  it('is consistent at rest, and while events are on their way', async () => {
    expect(await audit()).toMatchObject({ consistent: true, at_rest: true });
    await publish('a', 'b');
    expect(await audit()).toMatchObject({ consistent: true, at_rest: false });
    const entries = await read();
    await apply(entries);
    expect(await audit()).toMatchObject({ consistent: true, at_rest: false, figures: { in_flight: 2 } });
    await reader.ack(entries);
    await publishAndConsume();
    expect(await audit()).toMatchObject({
      consistent: true,
      at_rest: true,
      figures: {
        accepted: 7,
        received: 7,
        unique_processed: 4,
        duplicate_dropped: 3,
        in_flight: 0,
        rows_stored: 4,
        ledger_batches: 4,
      },
    });
  });

  it('holds also when everything moves on between two of its looks', async () => {
    let looks = 0;
    const totals = async () => {
      const found = await gateway.stream.totals();
      await publish(`look-${looks++}`);
      await consume();
      return found;
    };
    const { database } = gateway.test;
    const metrics = createGatewayMetrics(createRegistry('gateway'));
    const stream = { ...gateway.stream, totals };
    const auditor = createAuditor({ stream, database, metrics, now: () => new Date() });
    for (let i = 0; i < 3; i += 1) {
      const found = await auditor.audit({ full: false });
      expect(failing(found)).toEqual([]);
      expect(found.at_rest).toBe(false);
    }
    expect(looks).toBe(6);
  });

  it('counts only what is after the checkpoint; full=true counts everything', async () => {
    await publishAndConsume();
    expect(await audit()).toMatchObject({ full: true, figures: { rows_counted: 7 } });
    await settle();
    expect(await audit()).toMatchObject({ full: true });
    await publish('x', 'y');
    await consume();
    const figures = { rows_stored: 6, ledger_batches: 4 };
    expect(await audit()).toMatchObject({
      consistent: true,
      full: false,
      figures: { ...figures, rows_counted: 3 },
    });
    expect(await audit('?full=true')).toMatchObject({
      consistent: true,
      full: true,
      figures: { ...figures, rows_counted: 10 },
    });
    for (let i = 0; i < 2; i += 1) {
      await settle();
      await audit();
    }
    expect(await audit()).toMatchObject({ consistent: true, full: false, figures: { rows_counted: 0 } });
  });

  it('counts everything before it says that something is wrong: a checkpoint may be', async () => {
    await publishAndConsume();
    await audit();
    await settle();
    await audit();
    await gateway.test.sql`UPDATE audit_checkpoint SET events = events - 1, received = received + 7`;
    expect(await audit()).toMatchObject({ consistent: true, full: true });
    expect(await audit()).toMatchObject({ consistent: true, full: false });
  });

  it('stays consistent when retention has removed events and batches, before and after the checkpoint', async () => {
    const remove = async (eventId: string) => {
      await gateway.test.sql`
        WITH gone AS (DELETE FROM processed_events WHERE event_id = ${eventId} RETURNING topic)
        INSERT INTO retired_events AS r SELECT topic, 1 FROM gone
        ON CONFLICT (topic) DO UPDATE SET events = r.events + 1`;
    };
    await publishAndConsume();
    await audit();
    await settle();
    await audit();
    await remove('a');
    expect(await audit()).toMatchObject({ consistent: true, full: false, figures: { retired: 1 } });
    await publish('x');
    await consume();
    await remove('x');
    expect(await audit()).toMatchObject({ consistent: true, figures: { retired: 2, rows_stored: 3 } });
  });

  it.each([
    ['full=1', '/query/full'],
    ['ful=true', '/query/ful'],
  ])('refuses %s', async (search, pointer) => {
    const response = await fetch(`${gateway.url}/audit?${search}`);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid-query', errors: [{ pointer }] });
  });

  it.each([
    ['stream-unavailable', 'redis://127.0.0.1:9'],
    ['store-unavailable', undefined],
  ])('answers 503 %s where it cannot be made', async (code, redisUrl) => {
    const half = await openTestGateway(redisUrl === undefined ? {} : { redisUrl });
    if (redisUrl === undefined) await half.test.database.close();
    const response = await fetch(`${half.url}/audit`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).not.toBeNull();
    expect(await response.json()).toMatchObject({ code });
    expect(await (await fetch(`${half.url}/metrics`)).text()).toMatch(
      /^oncelog_audit_consistent\{.*\} Nan$/m,
    );
    await half.close();
  });

  it('makes one audit at a time, and those who wait share the next', async () => {
    const audits = await Promise.all(Array.from({ length: 20 }, () => audit()));
    expect(
      new Set(audits.map(({ checked_at, duration_ms }) => `${checked_at} ${duration_ms}`)).size,
    ).toBeLessThan(20);
  });

  it('shows the result to Prometheus', async () => {
    const metrics = async () => (await fetch(`${gateway.url}/metrics`)).text();
    expect(await metrics()).toMatch(/^oncelog_audit_consistent\{.*\} Nan$/m);
    await audit();
    expect(await metrics()).toMatch(/^oncelog_audit_consistent\{.*\} 1$/m);
    await publishAndConsume();
    await gateway.test.sql`DELETE FROM processed_events WHERE event_id = 'a'`;
    await audit();
    expect(await metrics()).toMatch(/^oncelog_audit_consistent\{.*\} 0$/m);
    expect(await metrics()).toMatch(/^oncelog_audit_difference\{check="rows stored.*\} -1$/m);
  });
});

const ROWS = 'rows stored + retired = unique_processed';
const ACKED = 'shard 0: acknowledged ≤ applied + repeated';
const APPENDED = 'shard 0: applied + repeated ≤ appended';
const EMPTY = 'shard 0: acknowledged = appended, where the stream is empty';
const APPLIED = 'applied, over all epochs = received + dead_lettered';
const ledger = (column: string) => `ledger + pruned: ${column} = ${column}`;

describe('an audit finds', () => {
  const sql = (text: string) => () => gateway.test.sql.unsafe(text);
  const totals = (field: string, by: number) => () =>
    gateway.redis.hIncrBy(`${gateway.key}:totals`, field, by);

  it.each<[string, () => Promise<unknown>, readonly string[]]>([
    ['a row that was deleted', sql(`DELETE FROM processed_events WHERE event_id = 'a'`), [ROWS]],
    [
      'a row that was added',
      sql(`INSERT INTO processed_events (topic, event_id, "timestamp", source, payload, batch_id)
        VALUES ('t', 'e', now(), 's', '{}', gen_random_uuid())`),
      [ROWS],
    ],
    [
      'a counter that was changed',
      sql(`UPDATE event_stats SET received = received + 1`),
      [ledger('received'), APPLIED],
    ],
    [
      'a counter of unique events that was changed',
      sql(`UPDATE event_stats SET unique_processed = unique_processed - 1`),
      [ROWS, ledger('unique_processed')],
    ],
    [
      'a counter of dead letters that was changed',
      sql(`UPDATE event_stats SET dead_lettered = 1`),
      [ledger('dead_lettered'), APPLIED],
    ],
    [
      'a row of the ledger that was deleted',
      sql(`DELETE FROM applied_batches WHERE received = 3`),
      [ledger('received'), ledger('unique_processed')],
    ],
    [
      'an account that was lowered',
      sql(`UPDATE stream_accounts SET applied = applied - 1`),
      [APPLIED, ACKED],
    ],
    ['an account that was raised', sql(`UPDATE stream_accounts SET repeated = repeated + 1`), [APPENDED]],
    [
      'sums of pruned batches that were changed',
      sql('UPDATE pruned_batches SET received = 1'),
      [ledger('received')],
    ],
    ['appended events that were raised', totals('appended_events', 1), [EMPTY]],
    ['appended events that were lowered', totals('appended_events', -1), [APPENDED]],
    ['acknowledged events that were raised', totals('acked_events', 1), [ACKED]],
  ])('%s', async (_, breakIt, expected) => {
    await publishAndConsume();
    expect(failing(await audit())).toEqual([]);
    await breakIt();
    const found = await audit();
    expect(found.consistent).toBe(false);
    expect(failing(found)).toEqual(expect.arrayContaining([...expected]));
    // what does not hold is the check that guards it, not everything
    expect(found.checks.filter(({ holds }) => holds).length).toBeGreaterThan(3);
  });

  it('rows that vanish behind the checkpoint only by a full count, and then for good', async () => {
    await publishAndConsume();
    await audit();
    await settle();
    await audit();
    await gateway.test.sql`DELETE FROM processed_events WHERE event_id = 'a'`;
    expect(await audit()).toMatchObject({ consistent: true, full: false });
    expect(failing(await audit('?full=true'))).toEqual([ROWS]);
    const after = await audit();
    expect(failing(after)).toEqual([ROWS]);
    expect(after.full).toBe(false);
  });

  it('a stream that was deleted with unread entries, also after a new group hides it', async () => {
    await publishAndConsume();
    await publish('x');
    await gateway.redis.del(gateway.key);
    expect(failing(await audit())).toEqual([EMPTY]);
    await reader.ensureGroup(); // sets what counts as acknowledged to what is gone
    expect(failing(await audit())).toContain(ACKED);
  });

  it('pending entries that were deleted', async () => {
    await publishAndConsume();
    await publish('x');
    const [entry] = await read();
    await gateway.redis.xDel(gateway.key, entry?.id ?? '');
    expect((await audit()).at_rest).toBe(false);
    const { lost } = await reader.readOwnPending(10);
    await reader.forget(lost);
    expect(failing(await audit())).toEqual([EMPTY]);
  });

  it('nothing wrong after the totals were removed, which ends the epoch: how a known loss is written off', async () => {
    await publishAndConsume();
    await gateway.redis.hIncrBy(`${gateway.key}:totals`, 'appended_events', 5);
    expect((await audit()).consistent).toBe(false);
    await gateway.redis.del(`${gateway.key}:totals`);
    expect(await audit()).toMatchObject({ consistent: true, at_rest: true });
    await publish('x');
    await consume();
    expect(await audit()).toMatchObject({ consistent: true, at_rest: true, figures: { accepted: 6 } });
  });

  it('nothing wrong after everything in Redis was lost', async () => {
    await publishAndConsume();
    await publish('lost');
    const inHand = await read();
    await gateway.redis.del([gateway.key, `${gateway.key}:totals`]);
    expect((await audit()).consistent).toBe(true);
    await reader.ensureGroup();
    await apply(inHand); // a consumer had it in hand
    expect(await audit()).toMatchObject({ consistent: true, at_rest: true });
    await publish('later');
    expect((await audit()).consistent).toBe(true);
    await consume();
    expect(await audit()).toMatchObject({ consistent: true, at_rest: true });
  });
});
