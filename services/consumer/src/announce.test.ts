import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openTestGroup, type TestGroup } from './testing/group.ts';

let group: TestGroup;
beforeEach(async () => {
  group = await openTestGroup();
});
afterEach(() => group.close());

const memberOf = async (name: string) => {
  const found = (await group.writer.members()).find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} is not there`);
  return found;
};

/** Resolves when the member's idle time begins anew. */
async function heardOf(name: string): Promise<void> {
  let longest = 0;
  await vi.waitFor(async () => {
    const { idleMs } = await memberOf(name);
    longest = Math.max(longest, idleMs);
    expect(idleMs).toBeLessThan(longest);
  }, 10_000);
}

it('says what it is, and when it has applied something last', async () => {
  const { consumer } = await group.join('one');
  await consumer.announce();
  expect(await memberOf('one')).toMatchObject({
    version: '1.2.3',
    startedAt: expect.stringMatching(/^20.*Z$/),
    appliedAgoMs: undefined,
  });
  await group.publish([{ event_id: 'a' }]);
  await vi.waitFor(async () => {
    await consumer.tick();
    expect((await group.figures()).stored).toBe(1);
  }, 10_000);
  await consumer.announce();
  const { appliedAgoMs = Number.NaN } = await memberOf('one');
  expect(appliedAgoMs).toBeGreaterThanOrEqual(0);
  // it has applied nothing since: that grows
  await consumer.announce();
  await vi.waitFor(async () => expect((await memberOf('one')).appliedAgoMs).toBeGreaterThan(appliedAgoMs));
});

it('is there as soon as it runs, while it waits for Postgres with entries in hand, and not after it has left', async () => {
  const { consumer } = await group.join('one');
  const stop = new AbortController();
  const running = consumer.run(stop.signal);
  await vi.waitFor(() => memberOf('one'), 10_000);
  const sql = await group.test.sql.reserve();
  await sql`BEGIN`;
  await sql`LOCK TABLE processed_events IN ACCESS EXCLUSIVE MODE`;
  try {
    await group.publish([{ event_id: 'a' }]);
    await vi.waitFor(async () => expect((await memberOf('one')).pending).toBe(1), 10_000);
    // the statement waits for the table; so does the maintenance, once it has claimed the entry
    for (let times = 0; times < 3; times += 1) await heardOf('one');
    expect((await memberOf('one')).pending).toBe(1);
  } finally {
    await sql`COMMIT`;
    sql.release();
  }
  stop.abort();
  await running;
  expect(await group.writer.members()).toEqual([]);
  expect(await group.redis.exists(`${group.key}:members`)).toBe(0);
});

it('is quiet about Redis, of which the steps say what is wrong', async () => {
  const away = () => Promise.reject(new Error('away'));
  const { consumer, logged } = await group.join('one', { announce: vi.fn(away) });
  const stop = new AbortController();
  const running = consumer.run(stop.signal);
  await group.publish([{ event_id: 'a' }]);
  await vi.waitFor(async () => expect((await group.figures()).stored).toBe(1), 10_000);
  stop.abort();
  await running;
  expect(logged().filter(({ level }) => level >= 40)).toEqual([]);
});
