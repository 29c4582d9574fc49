import type { StreamReader } from '@oncelog/event-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ConsumerOptions } from './consumer.ts';
import { type Member, openTestGroup, type TestGroup } from './testing/group.ts';

/** When a member reads on, acknowledges, and waits for more: what makes for few and large statements. */
let group: TestGroup;
beforeEach(async () => {
  group = await openTestGroup();
});
afterEach(() => group.close());

const FULL = 4;
const publish = async (...names: string[]) => {
  for (const event_id of names) await group.publish([{ event_id }]);
};

interface Watched extends Member {
  /** Reads and acknowledgements, as they begin. */
  readonly begun: string[];
  /** How many entries each read brought that brought any. */
  readonly brought: number[];
}

/** A member past its look at what was pending, so that the next step reads. */
async function watch(
  given: { ack?: StreamReader['ack']; options?: Partial<ConsumerOptions> } = {},
): Promise<Watched> {
  const { reader } = await group.join('one');
  const begun: string[] = [];
  const brought: number[] = [];
  const watched: Partial<StreamReader> = {
    async read(limit, wait) {
      begun.push('read');
      const entries = await reader.read(limit, wait);
      if (entries.length > 0) brought.push(entries.length);
      return entries;
    },
    async ack(entries) {
      begun.push('acknowledge');
      await (given.ack ?? reader.ack)(entries);
    },
  };
  const member = await group.join('one', watched, { maxEntriesPerRead: FULL, ...given.options });
  await member.consumer.tick();
  return { ...member, begun, brought };
}

/** Starts a step whose statement has to wait, and resolves when it does. */
async function stepIntoLock({ consumer }: Member): Promise<{ commit: () => Promise<void> }> {
  const holder = await group.test.sql.reserve();
  await holder`BEGIN`;
  await holder`LOCK TABLE processed_events IN ACCESS EXCLUSIVE MODE`;
  const stepping = consumer.tick();
  const waiting = () => group.test.sql`
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await expect.poll(waiting, { timeout: 10_000 }).not.toEqual([]);
  return {
    async commit() {
      await holder`COMMIT`;
      holder.release();
      await stepping;
    },
  };
}

it('reads on before the statement ends where a read was full', async () => {
  const member = await watch();
  await publish('a', 'b', 'c', 'd', 'e');
  const { commit } = await stepIntoLock(member);
  expect(member.begun).toEqual(['read', 'read']);
  await expect.poll(() => group.backlog()).toMatchObject({ lag: 0, pending: 5 });
  await commit();
  expect(await group.figures()).toMatchObject({ stored: 4 });
  await member.consumer.tick();
  expect(member.brought).toEqual([4, 1]);
  expect(await group.figures()).toMatchObject({ received: 5, stored: 5 });
});

it('reads on only after the commit where a read was not full, and finds what has come meanwhile', async () => {
  const member = await watch();
  await publish('a', 'b');
  const { commit } = await stepIntoLock(member);
  await publish('c', 'd', 'e');
  expect(member.begun).toEqual(['read']);
  expect(await group.backlog()).toMatchObject({ lag: 3, pending: 2 });
  await commit();
  await member.consumer.tick();
  expect(member.brought).toEqual([2, 3]);
});

it('acknowledges what it has applied together with the next read, and never before the commit', async () => {
  const hold = Promise.withResolvers<void>();
  const member = await watch({ ack: () => hold.promise });
  await publish('a');
  const { commit } = await stepIntoLock(member);
  expect(member.begun).toEqual(['read']);
  await commit();
  expect(await group.figures()).toMatchObject({ stored: 1 });
  expect(member.begun).toEqual(['read']);

  await publish('b');
  const next = member.consumer.tick();
  // neither waits for the other
  await expect.poll(() => member.brought).toEqual([1, 1]);
  expect(member.begun.toSorted()).toEqual(['acknowledge', 'read', 'read']);
  hold.resolve();
  await next;
  expect(await group.figures()).toMatchObject({ stored: 2 });
});

it('applies in one statement what comes while it waits for more', async () => {
  const member = await watch({ options: { lingerMs: 3_600_000 } });
  await publish('a');
  const stop = new AbortController();
  let ended = false;
  const lingering = member.consumer.tick(stop.signal).then(() => {
    ended = true;
  });
  await expect.poll(async () => (await group.figures()).stored).toBe(1);
  await publish('b', 'c', 'd');
  expect(ended).toBe(false);
  stop.abort(); // a service that stops does not wait; it would also be over by itself, in an hour
  await lingering;
  await member.consumer.tick(stop.signal);
  expect(member.brought).toEqual([1, 3]);
  const statements = await group.test.sql`SELECT DISTINCT applied_at FROM applied_batches`;
  expect(statements).toHaveLength(2);
  expect(await group.figures()).toMatchObject({ received: 4, stored: 4 });
});

it('does not wait for more where a read was large', async () => {
  const member = await watch({ options: { lingerMs: 3_600_000 } });
  await group.publish([{ event_id: 'large', payload: { text: 'x'.repeat(70_000) } }]);
  await member.consumer.tick();
  expect(await group.figures()).toMatchObject({ stored: 1 });
});
