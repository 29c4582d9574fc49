import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Member, openTestGroup, type TestGroup, VALID } from './testing/group.ts';

let group: TestGroup;
beforeEach(async () => {
  group = await openTestGroup();
});
afterEach(() => group.close());

const ids = (...names: string[]) => names.map((event_id) => ({ event_id }));
/** Steps until nothing is left, in the stream or in hand. */
const drain = async ({ consumer }: Member) => {
  await expect
    .poll(
      async () => {
        await consumer.tick();
        return (await group.backlog()).inFlightEvents;
      },
      { timeout: 10_000 },
    )
    .toBe(0);
};

describe('a member of the group', () => {
  it('stores what was published, counts duplicates, and acknowledges', async () => {
    const member = await group.join('one');
    await group.publish(ids('a', 'b', 'a'));
    await group.publish(ids('b', 'c'));
    await drain(member);
    expect(await group.figures()).toEqual({ received: 5, unique: 3, dead: 0, repeated: 0, stored: 3 });
    expect(await group.backlog()).toMatchObject({ lag: 0, pending: 0, inFlightEvents: 0 });
  });

  it('counts a batch once that was appended twice, and says that it was repeated', async () => {
    const member = await group.join('one');
    const batchId = await group.publish(ids('a', 'b'));
    await group.publish(ids('a', 'b'), batchId);
    await drain(member);
    await group.publish(ids('a', 'b'), batchId);
    await drain(member);
    expect(await group.figures()).toEqual({ received: 2, unique: 2, dead: 0, repeated: 4, stored: 2 });
  });

  it('counts a batch once that was committed but not acknowledged, without calling it repeated', async () => {
    const died = await group.join('one');
    await group.publish(ids('a', 'b', 'a'));
    await died.apply(
      await died.reader.read({ maxEntries: 10, maxBytes: 1e6 }, { blockMs: 1_000, lingerMs: 0 }),
    ); // and never acknowledges
    const restarted = await group.join('one');
    await drain(restarted);
    expect(await group.figures()).toEqual({ received: 3, unique: 2, dead: 0, repeated: 0, stored: 2 });
  });

  it('takes what a read brings that was under way when the acknowledgement failed', async () => {
    const lost = new Error('the connection is gone');
    const member = await group.join('one', { ack: () => Promise.reject(lost) });
    await group.publish(ids('a'));
    for (let tick = 0; tick < 2; tick += 1) await member.consumer.tick(); // nothing was left; reads and applies
    const failing = member.consumer.tick(); // reads, and waits for a first entry; the acknowledgement fails
    await expect(failing).rejects.toBe(lost);
    await group.publish(ids('b')); // may go to the read that is still waiting
    await expect
      .poll(async () => {
        await member.consumer.tick().catch(() => {});
        return group.figures();
      })
      .toMatchObject({ received: 2, stored: 2 });
  });

  it('acknowledges only what is committed: a failed apply leaves the entry pending', async () => {
    const member = await group.join('one');
    await group.publish(ids('a'));
    await group.test.sql`ALTER TABLE processed_events RENAME TO away`;
    member.giveUp.abort();
    await expect(member.consumer.tick().then(() => member.consumer.tick())).rejects.toThrow(/stays pending/);
    expect(await group.backlog()).toMatchObject({ pending: 1, inFlightEvents: 1 });
    await group.test.sql`ALTER TABLE away RENAME TO processed_events`;
    await drain(await group.join('one'));
    expect(await group.figures()).toMatchObject({ received: 1, stored: 1 });
  });

  it('tries for ever what is not the fault of the data', async () => {
    const member = await group.join('one');
    await group.publish(ids('a'));
    await group.test.sql`ALTER TABLE processed_events RENAME TO away`;
    const draining = drain(member);
    await expect
      .poll(() => member.logged().filter(({ msg }) => msg === 'could not apply, trying again').length)
      .toBeGreaterThan(2);
    await group.test.sql`ALTER TABLE away RENAME TO processed_events`;
    await draining;
    expect(await group.figures()).toMatchObject({ received: 1, stored: 1 });
  });

  it('takes entries one by one when a statement with several of them takes too long', async () => {
    await group.test
      .sql`CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.8); RETURN NEW; END'`;
    await group.test
      .sql`CREATE TRIGGER dawdle BEFORE INSERT ON processed_events FOR EACH ROW EXECUTE FUNCTION dawdle()`;
    for (const id of ['a', 'b', 'c', 'd']) await group.publish(ids(id));
    const member = await group.join('one');
    await drain(member);
    expect(await group.figures()).toMatchObject({ received: 4, unique: 4, stored: 4 });
  });

  it('takes over the entries of a member that died', async () => {
    const dead = await group.join('dead');
    await group.publish(ids('a'));
    await dead.reader.read({ maxEntries: 10, maxBytes: 1e6 }, { blockMs: 1_000, lingerMs: 0 });
    const living = await group.join('living');
    await expect
      .poll(async () => {
        await living.consumer.maintain();
        return group.figures();
      })
      .toMatchObject({ received: 1, stored: 1 });
    expect(await group.backlog()).toMatchObject({ pending: 0 });
  });

  it('creates the group again at the beginning when it is gone, and counts nothing twice', async () => {
    const member = await group.join('one');
    await group.publish(ids('a', 'b'));
    await drain(member);
    await group.publish(ids('c'));
    await group.redis.xGroupDestroy(group.key, 'oncelog');
    await expect
      .poll(async () => {
        await member.consumer.tick().catch(() => {});
        return group.figures();
      })
      .toMatchObject({ received: 3, stored: 3 });
    await drain(member);
    expect(await group.figures()).toEqual({ received: 3, unique: 3, dead: 0, repeated: 0, stored: 3 });
    expect(member.logged().map(({ msg }) => msg)).toContain(
      'the consumer group was missing and has been created again at the beginning of the stream',
    );
  });

  it('says that the stream was lost when everything in Redis was deleted, and goes on', async () => {
    const member = await group.join('one');
    await group.publish(ids('a'));
    await drain(member);
    await group.redis.del([group.key, `${group.key}:totals`]);
    await group.publish(ids('b'));
    await expect
      .poll(async () => {
        await member.consumer.tick().catch(() => {});
        return group.figures();
      })
      .toMatchObject({ received: 2, stored: 2 });
    const said = member.logged().filter(({ msg }) => msg.startsWith('the stream is gone'));
    expect(said).toMatchObject([{ level: 50, shard: 0, appliedEpochs: [expect.any(String)] }]);
  });

  it('has Redis rewrite its file, once', async () => {
    const member = await group.join('one');
    const persistence = () => group.redis.info('persistence');
    await expect
      .poll(async () => {
        await member.consumer.maintain();
        return persistence();
      })
      .toMatch(/aof_last_rewrite_time_sec:\d/);
    await member.consumer.maintain();
    expect(await persistence()).toMatch(/aof_rewrites:1\r/);
  });

  it('reports pending entries that somebody deleted as lost, and goes on', async () => {
    await group.publish(ids('a'));
    const member = await group.join('one');
    const [entry] = await member.reader.read(
      { maxEntries: 10, maxBytes: 1e6 },
      { blockMs: 1_000, lingerMs: 0 },
    );
    await group.redis.xDel(group.key, entry?.id ?? '');
    await member.consumer.tick();
    expect(member.logged()).toContainEqual(expect.objectContaining({ level: 50, entryIds: [entry?.id] }));
    expect(await group.backlog()).toMatchObject({ pending: 0 });
  });

  it('trims what is acknowledged', async () => {
    const member = await group.join('one');
    for (let i = 0; i < 5; i += 1)
      await group.publish([{ event_id: `e${i}`, payload: { text: 'x'.repeat(9_000) } }]);
    await drain(member);
    await member.consumer.maintain();
    expect(await group.redis.xLen(group.key)).toBeLessThanOrEqual(1);
  });

  it('forgets the names of members that are gone', async () => {
    const gone = await group.join('gone');
    await group.publish(ids('a'));
    await drain(gone);
    const living = await group.join('living');
    const names = async () =>
      (await group.redis.xInfoConsumers(group.key, 'oncelog')).map(({ name }) => name);
    expect(await names()).toContain('gone');
    await expect
      .poll(
        async () => {
          await living.consumer.maintain();
          return names();
        },
        { timeout: 10_000 },
      )
      .not.toContain('gone');
  });

  it('finishes what it has read when it stops, and leaves the group', async () => {
    const member = await group.join('one');
    const stop = new AbortController();
    const running = member.consumer.run(stop.signal);
    for (let i = 0; i < 50; i += 1) await group.publish(ids(`e${i}`));
    await expect.poll(async () => (await group.figures()).stored).toBeGreaterThan(0);
    stop.abort();
    await running;
    const { pending } = await group.backlog();
    expect(pending).toBe(0);
    expect(await group.redis.xInfoConsumers(group.key, 'oncelog')).toEqual([]);
  });

  it('shares the work with others, over overlapping batches, exactly', async () => {
    const members = await Promise.all(['one', 'two', 'three', 'four'].map((name) => group.join(name)));
    const stop = new AbortController();
    const running = members.map(({ consumer }) => consumer.run(stop.signal));
    for (let batch = 0; batch < 40; batch += 1) {
      await group.publish(
        Array.from({ length: 50 }, (_, i) => ({
          topic: `t${i % 5}`,
          event_id: `e${(batch * 7 + i * 3) % 211}`,
        })),
      );
    }
    await expect.poll(async () => (await group.backlog()).inFlightEvents, { timeout: 10_000 }).toBe(0);
    stop.abort();
    await Promise.all(running);
    const { received, unique, stored } = await group.figures();
    expect(received).toBe(2_000);
    expect(unique).toBe(stored);
  });
});

describe('what Postgres refuses', () => {
  /** Also what is not counted as in flight, because no gateway appended it. */
  const drainAll = async ({ consumer }: Member) => {
    await expect
      .poll(
        async () => {
          await consumer.tick();
          const { lag, pending } = await group.backlog();
          return lag + pending;
        },
        { timeout: 100_000 },
      )
      .toBe(0);
  };
  const ourFields = (body: Buffer) => ({ batch_id: crypto.randomUUID(), events: '1', epoch: 'abc', body });
  const raw = async (body: string | Buffer, events = 1) => {
    const batchId = crypto.randomUUID();
    await group.writer.append({ batchId, events, body: Buffer.from(body) });
    return batchId;
  };
  const letters = () => group.test.sql<
    { position: number | null; code: string; original: Buffer; events: number }[]
  >`
    SELECT position, code, original, events FROM dead_letters ORDER BY id`;

  it('becomes a dead letter with its original bytes; the rest of its batch and of the read is stored', async () => {
    const member = await group.join('one');
    await group.publish(ids('before'));
    const bad =
      '{"topic":"t","event_id":"x","timestamp":"2026-02-30T00:00:00Z","source":"s","payload":{"n":1.50}}';
    const good = '{"topic":"t","event_id":"y","timestamp":"2026-02-28T00:00:00Z","source":"s","payload":{}}';
    await raw(`{"events":[${good},${bad}]}`, 2);
    await group.publish(ids('after'));
    await drain(member);
    expect(await group.figures()).toEqual({ received: 3, unique: 3, dead: 1, repeated: 0, stored: 3 });
    const [letter] = await letters();
    expect(letter).toMatchObject({ position: 1, code: '22008', events: 1 });
    expect(letter?.original.toString()).toBe(bad);
    expect(member.logged()).toContainEqual(expect.objectContaining({ position: 1, code: '22008' }));
  });

  it('becomes a dead letter also among requests that were gathered, at its place among all of their events', async () => {
    const member = await group.join('one');
    const bad = JSON.stringify({ ...VALID, event_id: 'x', timestamp: '2026-02-30T00:00:00Z' });
    const good = (event_id: string) => JSON.stringify({ ...VALID, event_id });
    await raw(`[{"events":[${good('a')},${good('b')}]},{"events":[${bad}]},{"events":[${good('a')}]}]`, 4);
    await drain(member);
    expect(await group.figures()).toEqual({ received: 3, unique: 2, dead: 1, repeated: 0, stored: 2 });
    const [letter] = await letters();
    expect(letter).toMatchObject({ position: 2, code: '22008', events: 1 });
    expect(letter?.original.toString()).toBe(bad);
  });

  it.each([
    ['is not JSON', 'not json', 3],
    ['is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 1],
    [
      'is not UTF-8 inside a text',
      Buffer.concat([
        Buffer.from('{"events":[{"topic":"'),
        Buffer.from([0xff]),
        Buffer.from(`${JSON.stringify({ ...VALID, topic: undefined }).replace('{', '",')}]}`),
      ]),
      1,
    ],
    ['holds no events', '{"events":7}', 2],
  ])('is buried as a whole when its body %s', async (_, body, events) => {
    const member = await group.join('one');
    await raw(body, events);
    await group.publish(ids('after'));
    await drain(member);
    expect(await group.figures()).toMatchObject({ received: 1, dead: events, stored: 1 });
    const [letter] = await letters();
    expect(letter).toMatchObject({ position: null, code: 'unreadable', events });
    expect(Buffer.compare(letter?.original ?? Buffer.alloc(0), Buffer.from(body))).toBe(0);
  });

  it.each([
    ['more events than its entry says', 1],
    ['fewer events than its entry says', 3],
  ])('is buried as a whole when it holds %s: the figures add up', async (_, events) => {
    const member = await group.join('one');
    const two = ['a', 'b'].map((id) => ({ ...VALID, event_id: id }));
    await raw(JSON.stringify({ events: two }), events);
    await group.publish(ids('after'));
    await drain(member);
    expect(await group.figures()).toMatchObject({ received: 1, dead: events, stored: 1 });
    expect(await letters()).toMatchObject([{ position: null, code: 'unreadable', events }]);
    expect(await group.backlog()).toMatchObject({ appendedEvents: events + 1, inFlightEvents: 0 });
  });

  it('is buried when it has our fields but was not appended by a gateway, without touching our totals', async () => {
    const member = await group.join('one');
    await group.publish(ids('before'));
    const body = JSON.stringify({ events: [{ ...VALID, event_id: 'x' }] });
    for (const events of ['7', '999999999', '1']) {
      await group.redis.xAdd(group.key, '*', { batch_id: crypto.randomUUID(), events, epoch: 'abc', body });
    }
    await drainAll(member);
    expect(await group.figures()).toMatchObject({ received: 2, dead: 1_000_000_006, stored: 2 });
    expect(await group.backlog()).toMatchObject({ appendedEvents: 1, inFlightEvents: 0, pending: 0 });
  });

  it('is buried by its beginning when it is too large to keep, several at a time, and the rest goes on', async () => {
    const huge = Buffer.alloc(6_000_000, 0x01); // takes six times as much in JSON
    const large = Buffer.alloc(17_000_000, 'x');
    await group.redis.xAdd(group.key, '*', { a: huge });
    await group.redis.xAdd(group.key, '*', { b: large });
    await group.redis.xAdd(group.key, '*', ourFields(large));
    await group.publish(ids('after'));
    // recovered entries come by number, not by size: all of them at once
    const died = await group.join('one');
    for (let i = 0; i < 4; i += 1)
      await died.reader.read({ maxEntries: 1, maxBytes: 1 }, { blockMs: 1_000, lingerMs: 0 });
    const member = await group.join('one');
    await drainAll(member);
    expect(await group.figures()).toMatchObject({ received: 1, dead: 3, stored: 1 });
    const kept = await group.test.sql<{ code: string; n: number; full_bytes: string; digest: string }[]>`
      SELECT code, octet_length(original) AS n, full_bytes, encode(full_sha256, 'hex') AS digest
      FROM dead_letters ORDER BY full_bytes`;
    const json = `["a","${'\\u0001'.repeat(huge.length)}"]`;
    const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(kept).toEqual([
      { code: 'unreadable', n: 16_777_216, full_bytes: '17000000', digest: sha256(large) },
      { code: 'foreign', n: 16_777_216, full_bytes: '17000008', digest: sha256(`["b","${large}"]`) },
      { code: 'foreign', n: 16_777_216, full_bytes: String(json.length), digest: sha256(json) },
    ]);
  }, 120_000);

  it('is buried once when an entry is not ours, however often it is delivered', async () => {
    await group.redis.xAdd(group.key, '*', { hello: 'world' });
    const died = await group.join('one');
    await died.apply(
      await died.reader.read({ maxEntries: 10, maxBytes: 1e6 }, { blockMs: 1_000, lingerMs: 0 }),
    );
    const restarted = await group.join('one');
    await expect
      .poll(async () => {
        await restarted.consumer.tick();
        return (await group.backlog()).pending;
      })
      .toBe(0);
    expect(await letters()).toMatchObject([{ code: 'foreign', events: 1 }]);
    expect(await group.figures()).toMatchObject({ received: 0, dead: 1 });
    expect(await group.backlog()).toMatchObject({ appendedEvents: 0, inFlightEvents: 0 });
  });
});
