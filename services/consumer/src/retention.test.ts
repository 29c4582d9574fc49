import { randomUUID } from 'node:crypto';
import { createLogger, createRegistry } from '@oncelog/service-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConsumerMetrics } from './metrics.ts';
import { createRetention, type RetentionConfig } from './retention.ts';
import { type Member, openTestGroup, type TestGroup } from './testing/group.ts';

let group: TestGroup;
let member: Member;
const NEVER = new AbortController().signal;

beforeEach(async () => {
  group = await openTestGroup();
  member = await group.join('one');
});
afterEach(() => group.close());

function retention(config: Partial<RetentionConfig> = {}, readers = [member.reader]) {
  const lines: string[] = [];
  const log = createLogger('consumer', 'info', { write: (line: string) => lines.push(line) });
  const metrics = createConsumerMetrics(createRegistry('consumer'));
  return {
    metrics,
    lines,
    ...createRetention(
      { database: group.database, readers, log, metrics },
      {
        ledgerRetentionHours: 24,
        eventRetentionHours: 0,
        retentionIntervalMs: 5,
        chunkRows: 2,
        ...config,
      },
    ),
  };
}

/** Publishes batches of one event each, applies and acknowledges them, and makes them older. */
async function applied(ids: readonly string[], hoursAgo: number): Promise<void> {
  const before = (await group.figures()).received;
  for (const event_id of ids) await group.publish([{ event_id }]);
  await expect
    .poll(async () => {
      await member.consumer.tick();
      return (await group.figures()).received - before;
    })
    .toBe(ids.length);
  const ago = `${hoursAgo} hours`;
  await group.test.sql`UPDATE applied_batches SET applied_at = now() - ${ago}::interval
    WHERE applied_at > now() - interval '1 hour'`;
  await group.test.sql`UPDATE processed_events SET processed_at = now() - ${ago}::interval
    WHERE processed_at > now() - interval '1 hour'`;
}

const count = async (table: string): Promise<number> => {
  const [row] = await group.test.sql<
    { n: number }[]
  >`SELECT count(*)::int AS n FROM ${group.test.sql(table)}`;
  return row?.n ?? -1;
};

describe('a round of retention', () => {
  it('prunes the ledger to the end, in chunks, and keeps the young', async () => {
    await applied(['a', 'b', 'c', 'd', 'e'], 48);
    await applied(['f'], 2);
    const { tick, metrics } = retention();
    await tick(NEVER);
    expect(await count('applied_batches')).toBe(1);
    expect(await count('processed_events')).toBe(6);
    expect((await metrics.prunedBatches.get()).values[0]?.value).toBe(5);
  });

  it('prunes nothing that an old entry in the stream may bring again', async () => {
    await applied(['a', 'b'], 48);
    // an entry that was appended 30 hours ago and waits: what it repeats may have been applied 24 hours before that
    await group.redis.del(group.key);
    const old = `${Date.now() - 30 * 3_600_000}-0`;
    await group.redis.xAdd(group.key, old, { waits: 'for a consumer' });
    const { tick } = retention();
    await tick(NEVER);
    expect(await count('applied_batches')).toBe(2);
    await group.redis.del(group.key);
    await tick(NEVER);
    expect(await count('applied_batches')).toBe(0);
  });

  it('prunes nothing while the stream does not answer', async () => {
    await applied(['a'], 48);
    const away = { oldestEntryMs: () => Promise.reject(new Error('away')) };
    await expect(retention({}, [member.reader, away as never]).tick(NEVER)).rejects.toThrow('away');
    expect(await count('applied_batches')).toBe(1);
  });

  it('retires events only where it is told to, and the counts stay', async () => {
    await applied(['a', 'b', 'c'], 48);
    await applied(['d'], 2);
    const before = await group.figures();
    await retention().tick(NEVER);
    expect(await group.figures()).toEqual(before);
    const { tick, metrics } = retention({ eventRetentionHours: 24 });
    await tick(NEVER);
    expect(await group.figures()).toEqual({ ...before, stored: 1 });
    expect((await metrics.retiredEvents.get()).values[0]?.value).toBe(3);
  });

  it('counts a redelivered entry of a repeated batch once, however much is pruned in between', async () => {
    const batchId = randomUUID();
    await group.publish([{ event_id: 'a' }], batchId);
    await group.publish([{ event_id: 'a' }], batchId);
    for (let i = 0; i < 3; i += 1) await member.consumer.tick();
    expect(await group.figures()).toMatchObject({ received: 1, repeated: 1 });
    await group.test.sql`UPDATE applied_batches SET applied_at = now() - interval '48 hours'`;
    await retention().tick(NEVER);
    // lost and created again at the beginning: everything in the stream is delivered once more
    await group.redis.xGroupDestroy(group.key, 'oncelog');
    for (let i = 0; i < 5; i += 1) await member.consumer.tick();
    expect(await group.figures()).toMatchObject({ received: 1, repeated: 1 });
  });
});

it('rounds go on after a failure, and end when they are stopped', async () => {
  await applied(['a'], 48);
  let looks = 0;
  const flaky = {
    oldestEntryMs: () => {
      looks += 1;
      return looks === 1 ? Promise.reject(new Error('away')) : Promise.resolve(undefined);
    },
  };
  const { run, lines } = retention({}, [flaky as never]);
  const stop = new AbortController();
  const running = run(stop.signal);
  await expect.poll(() => count('applied_batches')).toBe(0);
  stop.abort();
  await running;
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 40 }]);
});
