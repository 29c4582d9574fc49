import { setTimeout as delay } from 'node:timers/promises';
import { createClient, DeliveryError, PublishRejectedError, rawJson } from '@oncelog/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openSystem, range, type System } from '../testing/system.ts';

/** The SDK against the whole system: what it promises is stored, once, whatever happens on the way. */
vi.setConfig({ testTimeout: 120_000 });
const WAIT = { timeout: 30_000, interval: 50 };

let system: System;
beforeAll(async () => {
  system = await openSystem({ consumers: 2 });
});
afterAll(() => system.close());

const clientOf = (topic: string, options: Partial<Parameters<typeof createClient>[0]> = {}) =>
  createClient({ ...options, url: system.stack.url, topic, source: 'sdk' });

const storedIds = async (topic: string): Promise<string[]> =>
  (
    await system.sql<{ event_id: string }[]>`SELECT event_id FROM processed_events WHERE topic = ${topic}`
  ).map(({ event_id }) => event_id);

it('stores every promised event once while its gateway is killed and restarted under load', async () => {
  const before = await system.settled();
  const client = clientOf('killed', { buffer: { maxEvents: 4_000 }, retry: { baseMs: 20, capMs: 200 } });
  const kills = [4_000, 9_000, 14_000];
  const promised: Promise<unknown>[] = [];
  for (const n of range(20_000)) {
    await client.ready();
    if (n === kills[0]) {
      kills.shift();
      system.stack.kill('gateway', 'SIGKILL');
    }
    // 30 in 100 repeat an event of before
    const id = n % 100 < 70 ? n : n - 70;
    promised.push(client.publish({ event_id: `e${id}`, payload: { n: id } }));
  }
  expect(await client.close()).toEqual({ undelivered: 0 });
  await Promise.all(promised);

  const after = await system.settled();
  expect(kills).toEqual([]);
  expect(new Set(await storedIds('killed')).size).toBe(14_000);
  // each batch counted once: retries are no duplicates
  expect(after.received - before.received).toBe(20_000);
  expect(after.unique_processed - before.unique_processed).toBe(14_000);
});

it('keeps its promises while the gateway is away, and says what it could not keep', async () => {
  const patient = clientOf('away', { retry: { capMs: 200 } });
  const hasty = clientOf('away', { deliveryTimeoutMs: 500, retry: { capMs: 100 } });
  await system.stack.stopProcess('gateway');
  const kept = range(2_000).map((n) => patient.publish({ event_id: `e${n}`, payload: { n } }));
  const error: unknown = await hasty.publish([{ payload: {} }, { payload: {} }]).catch((reason) => reason);
  expect(error).toBeInstanceOf(DeliveryError);
  expect((error as DeliveryError).message).toMatch(/^2 events not delivered within 0.5 s: .*ECONNREFUSED/);
  await system.stack.startProcess('gateway');
  await Promise.all(kept);
  // what was given up can be published again, under the ids that it had
  await patient.publish((error as DeliveryError).events);
  await system.settled();

  expect(await storedIds('away')).toHaveLength(2_002);
});

it('stores what is right of many calls, and says what is wrong with the others', async () => {
  const client = clientOf('mixed');
  const outcomes = await Promise.allSettled(
    range(300).map((n) => {
      const wrong = [{ timestamp: '2026-02-30T00:00:00Z' }, { payload: { text: '\0' } }][n % 50];
      return client.publish([
        { event_id: `a${n}`, payload: {} },
        { event_id: `b${n}`, payload: { n }, ...(n % 50 < 2 ? wrong : {}) },
      ]);
    }),
  );
  await system.settled();

  const pointers = outcomes.flatMap((outcome, n) => {
    expect(outcome.status).toBe(n % 50 < 2 ? 'rejected' : 'fulfilled');
    if (outcome.status === 'fulfilled') return [];
    expect(outcome.reason).toBeInstanceOf(PublishRejectedError);
    return (outcome.reason as PublishRejectedError).problem?.errors?.map(
      ({ pointer, rule }) => `${pointer} ${rule}`,
    );
  });
  expect(new Set(pointers)).toEqual(
    new Set(['/events/1/timestamp timestamp', '/events/1/payload/text nul-character']),
  );
  expect(await storedIds('mixed')).toHaveLength(2 * (300 - 12));
});

it('keeps within limits of the gateway that are lower than its own', async () => {
  const large = 'x'.repeat(1_500_000);
  const client = clientOf('limits', {
    batch: { maxEvents: 5_000, maxBytes: 20 * 1024 * 1024 },
    buffer: { maxBytes: 2 ** 25 },
  });
  const published = await Promise.all([
    client.publish(range(2_500).map((n) => ({ event_id: `many${n}`, payload: { n } }))),
    client.publish(range(6).map((n) => ({ event_id: `large${n}`, payload: { large } }))),
  ]);

  expect(published.map(({ queued }) => queued)).toEqual([2_500, 6]);
  await system.settled();
  expect(await storedIds('limits')).toHaveLength(2_506);
});

it('reads what it has published, to the last digit', async () => {
  const client = clientOf('read');
  await client.publish([
    { event_id: 'bigint', payload: { total: 9007199254740993n } },
    { event_id: 'raw', payload: rawJson('{"total":12345678901234567890.10}') },
    rawJson('{"event_id":"whole","timestamp":"2026-01-31T12:00:00.123456+01:00","payload":{"total":1.50}}'),
  ]);
  await system.settled(); // of two consumers the other one could be first
  const { batchId } = await client.publishBatch([{ event_id: 'raw', payload: {} }], {
    idempotencyKey: 'k-1',
  });
  const stats = await system.settled();

  const texts: string[] = [];
  for await (const text of client.events({ topic: 'read', pageSize: 2 }, { raw: true })) texts.push(text);
  expect(texts).toHaveLength(3);
  expect(texts.join()).toContain('"total": 9007199254740993}');
  expect(texts.join()).toContain('"total": 12345678901234567890.10}');
  expect(texts.join()).toContain('"total": 1.50}');
  const found = [];
  for await (const event of client.events({ contains: { total: 1.5 }, topic: ['read', 'other'] }))
    found.push(event);
  expect(found).toMatchObject([{ event_id: 'whole', source: 'sdk', payload: { total: 1.5 } }]);
  expect(await client.batches([batchId])).toMatchObject([{ received: 1, duplicate_dropped: 1 }]);
  expect(await client.stats()).toMatchObject({ received: stats.received });
  expect(await client.health()).toMatchObject({ status: 'healthy' });
  expect(await client.audit({ full: true, timeoutMs: 60_000 })).toMatchObject({ consistent: true });
  expect((await client.consumers()).length).toBeGreaterThanOrEqual(2);
});

it('follows what is stored over the death of the gateway', async () => {
  const client = clientOf('followed', { retry: { capMs: 200 } });
  const stop = new AbortController();
  const seen: string[] = [];
  const statuses: number[] = [];
  const following = (async () => {
    for await (const message of client.tail({ topic: 'followed' }, { signal: stop.signal }))
      if (message.type === 'event') seen.push(message.event.event_id);
  })();
  const watching = (async () => {
    for await (const { stats } of client.live({ signal: stop.signal })) statuses.push(stats?.accepted ?? -1);
  })();
  following.catch(() => {});
  watching.catch(() => {});
  await vi.waitFor(() => expect(statuses.length).toBeGreaterThan(0), WAIT);
  for (const n of range(60)) {
    await client.publish({ event_id: `e${n}`, payload: {} });
    if (n === 20) system.stack.kill('gateway', 'SIGKILL');
    if (n % 10 === 0) await delay(20);
  }
  await vi.waitFor(() => expect(new Set(seen).size).toBe(60), WAIT);
  const before = statuses.length;
  await vi.waitFor(() => expect(statuses.length).toBeGreaterThan(before), WAIT);
  const reason = new Error('enough');
  stop.abort(reason);

  await expect(following).rejects.toBe(reason);
  await expect(watching).rejects.toBe(reason);
  expect(seen).toHaveLength(60);
});

it('lists, replays and deletes dead letters', async () => {
  const client = clientOf('dead');
  await system.sql`ALTER TABLE processed_events ADD CONSTRAINT no_poison CHECK (source <> 'poison')`;
  await client.publish(range(3).map((n) => ({ event_id: `e${n}`, source: 'poison', payload: { n } })));
  await system.settled();
  const letters = [];
  for await (const letter of client.deadLetters({ state: 'open', pageSize: 2 })) letters.push(letter);
  const [newest, , oldest] = letters;

  expect(letters).toHaveLength(3);
  expect(await client.deadLetter(newest?.id ?? '')).toMatchObject({
    original: expect.stringContaining('poison'),
  });
  await client.deleteDeadLetter(oldest?.id ?? '');
  await expect(client.deadLetter(oldest?.id ?? '')).rejects.toThrow(/404/);
  await system.sql`ALTER TABLE processed_events DROP CONSTRAINT no_poison`;
  expect(await client.replayDeadLetter(newest?.id ?? '')).toMatchObject({ status: 'accepted' });
  expect(await client.replayDeadLetters({ all: true })).toMatchObject({ replayed: 1, remaining: 0 });
  expect(await client.deleteDeadLetters({ all: true })).toEqual({ deleted: 2, remaining: 0 });
  await vi.waitFor(async () => expect(await storedIds('dead')).toHaveLength(2), WAIT);
});
