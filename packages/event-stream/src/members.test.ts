import { testRedisUrl } from '@oncelog/local-stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { shardKeys } from './keys.ts';
import { openReader, type StreamReader } from './reader.ts';
import { openTestRedis, silentLog, streamBatch, testPrefix } from './testing/index.ts';
import { openWriter, type StreamWriter } from './writer.ts';

const READ = { maxEntries: 100, maxBytes: 1_000_000 };
const AT_ONCE = { blockMs: 1, lingerMs: 0 };
const STARTED = { startedAt: new Date('2026-01-31T12:00:00Z'), version: '1.2.3' };
const opened: { close(): Promise<void> }[] = [];

let redis: Awaited<ReturnType<typeof openTestRedis>>;
let prefix: string;
let keys: ReturnType<typeof shardKeys>;
let writer: StreamWriter;

beforeAll(async () => {
  redis = await openTestRedis(testRedisUrl());
});
afterAll(() => redis.close());
beforeEach(async () => {
  prefix = testPrefix();
  keys = shardKeys(prefix, 0);
  writer = await write(1);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()));
});

async function write(shards: number): Promise<StreamWriter> {
  const backlogLimit = { maxEvents: 1e6, maxBytes: 1e9 };
  const opening = openWriter({ url: testRedisUrl(), log: silentLog, prefix, shards, backlogLimit });
  opened.push(opening);
  await vi.waitFor(() => opening.ping(), 10_000);
  return opening;
}

async function join(consumer: string, shard = 0): Promise<StreamReader> {
  const reader = openReader({ url: testRedisUrl(), log: silentLog, prefix, shard, consumer });
  opened.push(reader);
  await vi.waitFor(() => reader.ensureGroup(), 10_000);
  return reader;
}

const announce = (reader: StreamReader, applied = false) => reader.announce({ ...STARTED, applied });
const said = () => redis.hGetAll(keys.members);

describe('the members of the group', () => {
  it('are none before there is a stream or a group', async () => {
    expect(await writer.members()).toEqual([]);
    await writer.append(streamBatch());
    expect(await writer.members()).toEqual([]);
  });

  it('are listed with what is pending for them, and what they have said of themselves', async () => {
    for (let i = 0; i < 2; i += 1) await writer.append(streamBatch());
    const reader = await join('one');
    await reader.read(READ, AT_ONCE);
    await announce(reader);
    await announce(await join('two'));
    expect(await writer.members()).toEqual([
      {
        name: 'one',
        shard: 0,
        pending: 2,
        idleMs: expect.any(Number),
        startedAt: '2026-01-31T12:00:00.000Z',
        version: '1.2.3',
        appliedAgoMs: undefined,
      },
      expect.objectContaining({ name: 'two', pending: 0 }),
    ]);
  });

  it('are those of all shards', async () => {
    const both = await write(2);
    for (const shard of [0, 1]) await announce(await join('one', shard));
    expect((await both.members()).map(({ name, shard }) => `${name} ${shard}`)).toEqual(['one 0', 'one 1']);
  });

  it('are listed as soon as they are announced, also one that never had an entry', async () => {
    const reader = await join('one');
    await reader.read(READ, AT_ONCE);
    await announce(reader);
    expect(await writer.members()).toMatchObject([{ name: 'one', pending: 0 }]);
  });

  it('are listed also where they say nothing, or somebody else has written there', async () => {
    const silent = await join('silent');
    await writer.append(streamBatch());
    await silent.read(READ, AT_ONCE);
    for (const text of ['', 'no JSON', '7', 'null', '{"started_at":1,"version":[],"applied_at_ms":"x"}']) {
      await redis.hSet(keys.members, 'silent', text);
      expect(await writer.members()).toMatchObject([
        { name: 'silent', startedAt: undefined, version: undefined, appliedAgoMs: undefined },
      ]);
    }
  });
});

describe('an announcement', () => {
  it('is a sign of life while a member waits for entries, and changes nothing in Redis if it says nothing new', async () => {
    const reader = await join('one');
    await announce(reader);
    const waiting = reader.read(READ, { blockMs: 2_000, lingerMs: 0 });
    await vi.waitFor(async () => expect((await member()).idleMs).toBeGreaterThan(1_000), 5_000);
    const before = await member();
    await redis.watch(keys.members);
    await announce(reader);
    expect((await member()).idleMs).toBeLessThan(before.idleMs);
    await redis.multi().ping().exec(); // throws where somebody has written
    await waiting;
  });

  it('reads nothing: what is pending stays as it was delivered', async () => {
    await writer.append(streamBatch());
    const reader = await join('one');
    await reader.read(READ, AT_ONCE);
    const before = await redis.xPendingRange(keys.stream, 'oncelog', '-', '+', 10);
    await announce(reader);
    const after = await redis.xPendingRange(keys.stream, 'oncelog', '-', '+', 10);
    expect(after).toMatchObject([{ id: before[0]?.id, deliveriesCounter: 1 }]);
    expect(after[0]?.millisecondsSinceLastDelivery).toBeGreaterThanOrEqual(
      before[0]?.millisecondsSinceLastDelivery ?? Number.NaN,
    );
  });

  it('remembers when the member has applied something last, until it starts anew', async () => {
    const reader = await join('one');
    await announce(reader, true);
    const { appliedAgoMs } = await member();
    expect(appliedAgoMs).toBeGreaterThanOrEqual(0);
    await announce(reader);
    await vi.waitFor(async () =>
      expect((await member()).appliedAgoMs).toBeGreaterThan(appliedAgoMs ?? Number.NaN),
    );
    await reader.announce({ ...STARTED, startedAt: new Date('2026-02-01T00:00:00Z'), applied: false });
    expect(await member()).toMatchObject({
      startedAt: '2026-02-01T00:00:00.000Z',
      appliedAgoMs: undefined,
    });
  });

  it('fails where the group is missing, and says nothing then', async () => {
    const reader = await join('one');
    await redis.xGroupDestroy(keys.stream, 'oncelog');
    await expect(announce(reader)).rejects.toMatchObject({ code: 'NOGROUP' });
    expect(await said()).toEqual({});
  });

  const member = async () => {
    const [found] = await writer.members();
    if (found === undefined) throw new Error('nobody there');
    return found;
  };
});

describe('what a member has said', () => {
  it('goes when it leaves, unless something is pending for it', async () => {
    await writer.append(streamBatch());
    const reader = await join('one');
    const entries = await reader.read(READ, AT_ONCE);
    await announce(reader);
    await reader.leave();
    expect(Object.keys(await said())).toEqual(['one']);
    await reader.ack(entries);
    await reader.leave();
    expect(await said()).toEqual({});
    expect(await writer.members()).toEqual([]);
  });

  it('goes with its name when that is removed, and when the group was destroyed', async () => {
    const [one, two] = [await join('one'), await join('two')];
    for (const reader of [one, two]) await announce(reader);
    await writer.append(streamBatch());
    await two.read(READ, AT_ONCE);
    await two.removeIdleConsumers(0);
    expect(Object.keys(await said())).toEqual(['two']);
    await redis.xGroupDestroy(keys.stream, 'oncelog');
    await one.ensureGroup();
    await announce(one);
    await one.removeIdleConsumers(3_600_000);
    expect(Object.keys(await said())).toEqual(['one']);
  });
});

describe('the oldest entry that is not acknowledged', () => {
  const oldest = async () => (await writer.oldestUnappliedMs())[0];

  it('is none where nothing waits', async () => {
    expect(await writer.oldestUnappliedMs()).toEqual([undefined]);
    await writer.append(streamBatch());
    const reader = await join('one');
    await reader.ack(await reader.read(READ, AT_ONCE));
    expect(await oldest()).toBeUndefined();
  });

  it('is the first in the stream while there is no group, and the first unread one', async () => {
    await redis.xAdd(keys.stream, '1700000000000-5', { any: 'entry' });
    await writer.append(streamBatch());
    const hours = (Date.now() - 1_700_000_000_000) / 3_600_000;
    expect((await oldest()) ?? 0).toBeGreaterThan((hours - 1) * 3_600_000);
    const reader = await join('one');
    expect((await oldest()) ?? 0).toBeGreaterThan((hours - 1) * 3_600_000);
    await reader.ack(await reader.read({ ...READ, maxEntries: 1 }, AT_ONCE));
    expect(await oldest()).toBeLessThan(60_000);
  });

  it('is the oldest pending one, whoever has it, however young the unread ones are', async () => {
    await redis.xAdd(keys.stream, '1700000000000-0', { any: 'entry' });
    const [one, two] = [await join('one'), await join('two')];
    const [old] = await one.read(READ, AT_ONCE);
    for (let i = 0; i < 3; i += 1) await writer.append(streamBatch());
    await two.ack(await two.read({ ...READ, maxEntries: 2 }, AT_ONCE));
    const years = 365 * 24 * 3_600_000;
    expect(await oldest()).toBeGreaterThan(years);
    if (old !== undefined) await one.ack([old]);
    expect(await oldest()).toBeLessThan(60_000);
  });

  it('is 0 old where its ID lies ahead of the clock', async () => {
    await redis.xAdd(keys.stream, `${Date.now() + 3_600_000}-0`, { any: 'entry' });
    expect(await oldest()).toBe(0);
  });

  it('is looked for in each shard', async () => {
    const both = await write(2);
    await redis.xAdd(shardKeys(prefix, 1).stream, '1700000000000-0', { any: 'entry' });
    expect(await both.oldestUnappliedMs()).toEqual([undefined, expect.any(Number)]);
  });
});
