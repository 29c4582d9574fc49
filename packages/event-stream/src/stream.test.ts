import { testRedisUrl } from '@oncelog/local-stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openReader, type StreamReader } from './reader.ts';
import { openTestRedis, silentLog, streamBatch, testPrefix } from './testing/index.ts';
import { sumTotals } from './totals.ts';
import { openWriter, type StreamWriter } from './writer.ts';

const NO_LIMIT = { maxEvents: 1_000_000, maxBytes: 1_000_000_000 };
const READ = { maxEntries: 100, maxBytes: 1_000_000 };
const opened: { close(): Promise<void> }[] = [];

let redis: Awaited<ReturnType<typeof openTestRedis>>;
let prefix: string;
let stream: string;
let writer: StreamWriter;

beforeAll(async () => {
  redis = await openTestRedis(testRedisUrl());
});
afterAll(async () => {
  await redis.close();
});
beforeEach(async () => {
  prefix = testPrefix();
  stream = `${prefix}:events:{0}`;
  writer = await write();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()));
});

async function write(backlogLimit = NO_LIMIT, shards = 1): Promise<StreamWriter> {
  const opening = openWriter({ url: testRedisUrl(), log: silentLog, prefix, shards, backlogLimit });
  opened.push(opening);
  await expect
    .poll(() =>
      opening.ping().then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  return opening;
}

async function join(consumer: string): Promise<StreamReader> {
  const reader = openReader({ url: testRedisUrl(), log: silentLog, prefix, shard: 0, consumer });
  opened.push(reader);
  await expect
    .poll(() =>
      reader.ping().then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  await reader.ensureGroup();
  return reader;
}

const backlog = async (of: StreamWriter = writer) => sumTotals(await of.totals());

/** Reads that return at once: everything is in the stream already. */
const readAll = (reader: StreamReader) => reader.read(READ, { blockMs: 1, lingerMs: 0 });

describe('append and read', () => {
  it('returns the bytes that were appended, in order, to one member of the group', async () => {
    const batches = [streamBatch(2), streamBatch(1, { body: Buffer.from('{"events":[{"ü":"\\u00fc"}]}') })];
    for (const batch of batches) await writer.append(batch);
    const [one, two] = [await join('one'), await join('two')];
    expect(await readAll(one)).toMatchObject(batches.map((batch) => ({ kind: 'batch', ...batch })));
    expect(await readAll(two)).toEqual([]);
  });

  it('carries where a batch comes from, in a field that others do not have', async () => {
    const traceparent = (n: number) => `00-${'a'.repeat(32)}-${String(n).padStart(16, '0')}-01`;
    const traceparents = Array.from({ length: 20 }, (_, n) => traceparent(n + 1));
    await writer.append(streamBatch(1, { traceparents: traceparents.slice(0, 2) }));
    await writer.append(streamBatch(1, { traceparents })); // more than there may be
    await writer.append(streamBatch());
    const entries = (await redis.xRange(stream, '-', '+')) ?? [];
    const usual = ['batch_id', 'events', 'epoch', 'body'];
    expect(entries.map(({ message }) => Object.keys(message))).toEqual([
      [...usual, 'traceparent'],
      [...usual, 'traceparent'],
      usual,
    ]);
    const reader = await join('one');
    const read = await readAll(reader);
    expect(read.map((entry) => entry.kind === 'batch' && entry.traceparents)).toEqual([
      traceparents.slice(0, 2),
      traceparents.slice(0, 16),
      undefined,
    ]);
    await reader.ack(read);
    expect(await backlog()).toMatchObject({ inFlightEvents: 0, inFlightBytes: 0 });
  });

  it('waits for the first entry', async () => {
    const reader = await join('one');
    const reading = reader.read(READ, { blockMs: 10_000, lingerMs: 0 });
    await writer.append(streamBatch());
    expect(await reading).toHaveLength(1);
  });

  it('lingers after a first entry that it waited for, and brings what has come meanwhile', async () => {
    const reader = await join(prefix);
    const isBlocked = async () => {
      const clients = String(await redis.sendCommand(['CLIENT', 'LIST']));
      expect(clients).toMatch(new RegExp(`name=${prefix}-reads .*flags=b `));
    };
    // a read that does not linger brings one entry, however often it is tried
    await vi.waitFor(async () => {
      const reading = reader.read(READ, { blockMs: 10_000, lingerMs: 200 });
      await vi.waitFor(isBlocked, { timeout: 5_000, interval: 5 });
      for (let i = 0; i < 3; i += 1) await writer.append(streamBatch());
      const entries = await reading;
      await reader.ack([...entries, ...(await readAll(reader))]);
      expect(entries).toHaveLength(3);
    }, 20_000);
  });

  it('bounds a read by entries, and by bytes up to one entry more', async () => {
    for (let i = 0; i < 6; i += 1) await writer.append(streamBatch(1, { body: Buffer.alloc(1000, 'x') }));
    const reader = await join('one');
    expect(
      await reader.read({ maxEntries: 2, maxBytes: 1_000_000 }, { blockMs: 1, lingerMs: 0 }),
    ).toHaveLength(2);
    expect(await reader.read({ maxEntries: 100, maxBytes: 1500 }, { blockMs: 1, lingerMs: 0 })).toHaveLength(
      2,
    );
    expect(await reader.read({ maxEntries: 100, maxBytes: 1 }, { blockMs: 1, lingerMs: 0 })).toHaveLength(1);
    expect(await reader.read(READ, { blockMs: 1, lingerMs: 0 })).toHaveLength(1);
  });

  it('spreads batches over the shards', async () => {
    const spread = await write(NO_LIMIT, 3);
    for (let i = 0; i < 6; i += 1) await spread.append(streamBatch());
    for (const shard of [0, 1, 2]) expect(await redis.xLen(`${prefix}:events:{${shard}}`)).toBe(2);
    expect(await backlog(spread)).toMatchObject({ appendedEvents: 6, inFlightEvents: 6, lag: 6 });
  });

  it('reads entries that nobody of ours wrote as foreign ones', async () => {
    await redis.xAdd(stream, '*', { hello: 'world' });
    const reader = await join('one');
    const [entry] = await readAll(reader);
    expect(entry).toMatchObject({ kind: 'foreign', fields: [Buffer.from('hello'), Buffer.from('world')] });
  });
});

describe('the backlog limit', () => {
  it('refuses what would pass it and writes nothing, until consumers catch up', async () => {
    const limited = await write({ maxEvents: 10, maxBytes: 1_000_000 });
    expect(await limited.append(streamBatch(7))).toMatchObject({ outcome: 'appended' });
    expect(await limited.append(streamBatch(4))).toEqual({ outcome: 'backlog-full' });
    expect(await redis.xLen(stream)).toBe(1);
    const reader = await join('one');
    const entries = await readAll(reader);
    expect(await limited.append(streamBatch(4))).toEqual({ outcome: 'backlog-full' });
    await reader.ack(entries);
    expect(await limited.append(streamBatch(4))).toMatchObject({ outcome: 'appended' });
  });

  it('counts bytes as well', async () => {
    const limited = await write({ maxEvents: 100, maxBytes: 1000 });
    await limited.append(streamBatch(1, { body: Buffer.alloc(900, 'x') }));
    expect(await limited.append(streamBatch(1, { body: Buffer.alloc(101, 'x') }))).toEqual({
      outcome: 'backlog-full',
    });
  });
});

describe('acknowledging', () => {
  it('keeps exact totals, also when an entry is acknowledged twice', async () => {
    await writer.append(streamBatch(5));
    await writer.append(streamBatch(3));
    const reader = await join('one');
    const entries = await readAll(reader);
    expect(await backlog()).toMatchObject({ appendedEvents: 8, inFlightEvents: 8, lag: 0, pending: 2 });
    await reader.ack(entries.slice(0, 1));
    await reader.ack(entries);
    expect(await backlog()).toMatchObject({
      appendedEvents: 8,
      inFlightEvents: 0,
      inFlightBytes: 0,
      pending: 0,
    });
  });

  it('leaves foreign entries out of the totals', async () => {
    await redis.xAdd(stream, '*', { hello: 'world' });
    await writer.append(streamBatch(2));
    const reader = await join('one');
    await reader.ack(await readAll(reader));
    expect(await backlog()).toEqual({
      appendedEvents: 2,
      inFlightEvents: 0,
      inFlightBytes: 0,
      lag: 0,
      pending: 0,
    });
  });

  it('counts anew, in a new epoch, after the keys were lost', async () => {
    await writer.append(streamBatch(5));
    const [before] = await writer.totals();
    const reader = await join('one');
    const old = await readAll(reader);
    await redis.del([stream, `${stream}:totals`]);
    await expect
      .poll(async () => {
        await redis.del([stream, `${stream}:totals`]);
        await writer.append(streamBatch(2));
        return (await writer.totals())[0]?.epoch;
      })
      .not.toBe(before?.epoch);
    await reader.ensureGroup();
    await reader.ack(old);
    expect(await backlog()).toMatchObject({ appendedEvents: 2, inFlightEvents: 2 });
    await reader.ack(await readAll(reader));
    expect(await backlog()).toMatchObject({ appendedEvents: 2, inFlightEvents: 0 });
  });
});

describe('pending entries', () => {
  it('come back to the same member, oldest first, until they are acknowledged', async () => {
    for (let i = 0; i < 3; i += 1) await writer.append(streamBatch());
    const entries = await readAll(await join('one'));
    const restarted = await join('one');
    expect((await restarted.readOwnPending(2)).entries).toEqual(entries.slice(0, 2));
    await restarted.ack(entries.slice(0, 2));
    expect((await restarted.readOwnPending(10)).entries).toEqual(entries.slice(2));
  });

  it('are claimed by another member once they were idle for long enough', async () => {
    await writer.append(streamBatch());
    const entries = await readAll(await join('dead'));
    const living = await join('living');
    expect((await living.claim(60_000, 10)).entries).toEqual([]);
    expect((await living.claim(0, 10)).entries).toEqual(entries);
    expect((await living.readOwnPending(10)).entries).toEqual(entries);
  });

  it('are claimed to the last one, however few a call takes', async () => {
    for (let i = 0; i < 25; i += 1) await writer.append(streamBatch());
    await readAll(await join('dead'));
    const living = await join('living');
    let claimed = 0;
    for (let done = false; !done; ) {
      const found = await living.claim(0, 4);
      claimed += found.entries.length;
      done = found.done;
    }
    expect(claimed).toBe(25);
  });

  it('that were deleted from the stream are reported as lost, by reading and by claiming', async () => {
    for (let i = 0; i < 2; i += 1) await writer.append(streamBatch());
    const reader = await join('one');
    const [first, second] = await readAll(reader);
    await redis.xDel(stream, first?.id ?? '');
    const found = await reader.readOwnPending(10);
    expect(found).toMatchObject({ entries: [second], lost: [first?.id] });
    await reader.forget(found.lost);
    await redis.xDel(stream, second?.id ?? '');
    expect(await (await join('two')).claim(0, 10)).toEqual({ entries: [], lost: [second?.id], done: true });
  });
});

describe('the group', () => {
  it('starts at the beginning, also after it was destroyed, and what is in the stream counts as in flight', async () => {
    for (let i = 0; i < 3; i += 1) await writer.append(streamBatch(2));
    const reader = await join('one');
    await reader.ack(await readAll(reader));
    await redis.xGroupDestroy(stream, 'oncelog');
    await expect(reader.read(READ, { blockMs: 1, lingerMs: 0 })).rejects.toMatchObject({ code: 'NOGROUP' });
    expect(await reader.ensureGroup()).toMatchObject({ created: true });
    expect(await reader.ensureGroup()).toMatchObject({ created: false });
    expect(await backlog()).toMatchObject({ appendedEvents: 6, inFlightEvents: 6 });
    await reader.ack(await readAll(reader));
    expect(await backlog()).toMatchObject({ appendedEvents: 6, inFlightEvents: 0, inFlightBytes: 0 });
  });

  it('lets a member leave only when nothing is pending for it', async () => {
    await writer.append(streamBatch());
    const reader = await join('one');
    const entries = await readAll(reader);
    await reader.leave();
    expect(await redis.xInfoConsumers(stream, 'oncelog')).toHaveLength(1);
    await reader.ack(entries);
    await reader.leave();
    expect(await redis.xInfoConsumers(stream, 'oncelog')).toHaveLength(0);
  });

  it('forgets silent members without pending entries', async () => {
    const members = [await join('holds-one'), await join('two'), await join('three')];
    for (const member of members) {
      await writer.append(streamBatch());
      const entries = await readAll(member);
      if (member !== members[0]) await member.ack(entries);
    }
    expect(await members[1]?.removeIdleConsumers(3_600_000)).toBe(0);
    expect(await members[1]?.removeIdleConsumers(0)).toBe(2);
    expect(await redis.xInfoConsumers(stream, 'oncelog')).toMatchObject([{ name: 'holds-one' }]);
  });
});

describe('trimming', () => {
  // large entries fill a node each, so that `~` removes them one by one
  const large = () => streamBatch(1, { body: Buffer.alloc(8000, 'x') });

  it('keeps what is pending or unread, and what a second group has not acknowledged', async () => {
    for (let i = 0; i < 10; i += 1) await writer.append(large());
    const reader = await join('one');
    const entries = await reader.read({ maxEntries: 6, maxBytes: 1_000_000 }, { blockMs: 1, lingerMs: 0 });
    expect(await reader.trim()).toBe(0);
    await reader.ack(entries.filter((_, i) => i !== 2));
    await reader.trim();
    const left = (await redis.xRange(stream, '-', '+')) ?? [];
    expect(left.map(({ id }) => id)).toContain(entries[2]?.id);
    expect(left.length).toBeGreaterThanOrEqual(8);
    expect(left.length).toBeLessThan(10);
    await redis.xGroupCreate(stream, 'audit', '0');
    await reader.ack(entries);
    expect(await reader.trim()).toBe(0);
    await redis.xGroupDestroy(stream, 'audit');
    await reader.trim();
    expect(await redis.xLen(stream)).toBeLessThanOrEqual(5);
    expect(await readAll(reader)).toHaveLength(4);
  });

  it('does nothing without a group or a stream', async () => {
    const reader = await join('one');
    await redis.xGroupDestroy(stream, 'oncelog');
    await writer.append(large());
    expect(await reader.trim()).toBe(0);
    await redis.del(stream);
    expect(await reader.trim()).toBe(0);
  });
});

it('knows when the oldest entry that is left was appended', async () => {
  const reader = await join('one');
  expect(await reader.oldestEntryMs()).toBeUndefined();
  await redis.xAdd(stream, '1700000000123-4', { any: 'entry' });
  await writer.append(streamBatch());
  expect(await reader.oldestEntryMs()).toBe(1_700_000_000_123);
  await redis.xDel(stream, '1700000000123-4');
  expect(await reader.oldestEntryMs()).toBeGreaterThan(Date.now() - 60_000);
});
