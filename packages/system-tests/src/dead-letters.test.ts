import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type {
  BatchReceipt,
  DeadLetter,
  DeadLetterReplayed,
  DeadLetterSummary,
  ProblemDetails,
} from '@oncelog/event-schema';
import { shardKeys } from '@oncelog/event-stream';
import { openTestRedis } from '@oncelog/event-stream/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { event, openSystem, type System } from './testing/system.ts';

const { stream: KEY } = shardKeys('oncelog', 0);

const post = (system: System, path: string, body?: object) =>
  system.request('POST', `/dead-letters${path}`, {
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const lettersOf = async (system: System, search = '') =>
  (await (await system.get(`/dead-letters${search}`)).json()) as DeadLetterSummary[];
const replayed = async (response: Response) => {
  expect(response.status).toBe(202);
  return (await response.json()) as DeadLetterReplayed;
};
/** Makes Postgres refuse events of this source, as data. */
const refuse = (system: System, source: string) =>
  system.sql.unsafe(
    `ALTER TABLE processed_events ADD CONSTRAINT test_refuses CHECK (source <> '${source}') NOT VALID`,
  );
const refuseNoMore = (system: System) =>
  system.sql`ALTER TABLE processed_events DROP CONSTRAINT test_refuses`;

describe('dead letters', () => {
  let system: System;
  beforeAll(async () => {
    system = await openSystem({ consumers: 2 });
  });
  afterAll(() => system.close());

  it('are made of entries that are not ours; the stream goes on, and they can be seen, not replayed', async () => {
    const before = await system.settled();
    const pids = ['consumer-1', 'consumer-2'].map((name) => system.pidOf(name));
    const redis = await openTestRedis(system.redisUrl);
    const ours = (events: string, body: string) => ({ batch_id: randomUUID(), events, epoch: 'abc', body });
    const garbage: Record<string, string | Buffer>[] = [
      { hello: 'world' },
      ours('2', 'not JSON'),
      ours('5', JSON.stringify({ events: [event()] })),
      { huge: Buffer.alloc(50_000_000, 'x') },
      ours('1', 'y'.repeat(50_000_000)),
    ];
    for (const fields of garbage) {
      await system.publish(event());
      await redis.xAdd(KEY, '*', fields);
    }
    await system.publish(event());
    await redis.close();

    const letters = await vi.waitFor(async () => {
      const found = await lettersOf(system);
      if (found.length < garbage.length) throw new Error(`${found.length} letters`);
      return found;
    }, 60_000);
    const sizes = letters.map(({ code, events, original_bytes }) => [code, events, original_bytes]);
    expect(sizes).toHaveLength(garbage.length);
    expect(sizes).toEqual(
      expect.arrayContaining([
        ['foreign', 1, '["hello","world"]'.length],
        ['unreadable', 2, 'not JSON'.length],
        ['unreadable', 5, expect.any(Number)],
        ['foreign', 1, 50_000_000 + '["huge",""]'.length],
        ['unreadable', 1, 50_000_000],
      ]),
    );
    const hello = letters.find(({ original_preview }) => original_preview.includes('hello'));
    expect(await (await system.get(`/dead-letters/${hello?.id}`)).json()).toMatchObject({
      original: '["hello","world"]',
    } satisfies Partial<DeadLetter>);

    const refused = await post(system, `/${hello?.id}/replay`);
    expect([refused.status, ((await refused.json()) as ProblemDetails).code]).toEqual([
      422,
      'not-replayable',
    ]);
    const all = await post(system, '/replay', { all: true });
    // one of them is a request that POST /publish would take: only its entry said something else
    expect(await all.json()).toEqual({ replayed: 1, refused: 4, remaining: 0 });
    const after = await system.settled();
    expect(after.dead_lettered - before.dead_lettered).toBe(10);
    expect(after.received - before.received).toBe(7);
    expect(after.accepted - before.accepted).toBe(17);
    // nobody died of it, or took all the memory
    expect(['consumer-1', 'consumer-2'].map((name) => system.pidOf(name))).toEqual(pids);
    for (const pid of pids) expect(peakMegabytes(pid)).toBeLessThan(1_000);
  }, 120_000);

  it('are replayed once, exactly, when what made them dead is mended', async () => {
    const before = await system.settled();
    await refuse(system, 'poison');
    const poison = event({ source: 'poison' });
    const { batch_id } = await system.publish(event(), poison, event());
    const buried = await system.settled();
    expect(buried.dead_lettered - before.dead_lettered).toBe(1);
    const [letter] = await lettersOf(system, `?batch_id=${batch_id}`);
    expect(letter).toMatchObject({ position: 1, code: '23514', events: 1, replayed_at: null });

    // too early: it is buried again, as another letter
    const early = await replayed(await post(system, `/${letter?.id}/replay`));
    const buriedAgain = await system.settled();
    expect(buriedAgain.dead_lettered - before.dead_lettered).toBe(2);
    expect(buriedAgain.accepted - before.accepted).toBe(4);
    const [second] = await lettersOf(system, `?batch_id=${early.replay_batch_id}`);
    expect(second).toMatchObject({ position: 0, code: '23514', replayed_at: null });

    await refuseNoMore(system);
    const late = await replayed(await post(system, `/${second?.id}/replay`));
    const stored = await system.settled();
    expect(stored.received - before.received).toBe(3);
    expect(stored.unique_processed - before.unique_processed).toBe(3);
    expect(stored.dead_lettered - before.dead_lettered).toBe(2);
    expect(stored.accepted - before.accepted).toBe(5);
    expect(await system.events(`?event_id=${poison['event_id']}`)).toHaveLength(1);
    const receipts = await (await system.get(`/batches?batch_id=${late.replay_batch_id}`)).json();
    expect(receipts as BatchReceipt[]).toMatchObject([{ received: 1, unique_processed: 1 }]);

    // again, one by one and by filter: nothing is published anew
    expect(await replayed(await post(system, `/${second?.id}/replay`))).toEqual(late);
    const none = await (await post(system, '/replay', { code: '23514' })).json();
    expect(none).toEqual({ replayed: 0, refused: 0, remaining: 0 });
    expect(await system.settled()).toMatchObject({ accepted: stored.accepted, received: stored.received });

    const removed = await system.request('DELETE', '/dead-letters?code=23514');
    expect(await removed.json()).toEqual({ deleted: 2, remaining: 0 });
    expect(await system.settled()).toMatchObject({ dead_lettered: stored.dead_lettered });
  });
});

it('a replay counts once when the gateway is killed before it could say so', async () => {
  // its first append is the publishing, its second the replay
  const system = await openSystem({ consumers: 1, serviceEnv: { FAIL_POINTS: 'after-append=kill@2' } });
  try {
    await refuse(system, 'poison');
    const poison = event({ source: 'poison' });
    const { batch_id } = await system.publish(poison);
    await system.settled();
    await refuseNoMore(system);
    const [letter] = await lettersOf(system, `?batch_id=${batch_id}`);
    await expect(post(system, `/${letter?.id}/replay`)).rejects.toThrow();
    await vi.waitFor(() => system.get('/health/ready'), 10_000);
    expect(await lettersOf(system)).toMatchObject([{ id: letter?.id, replayed_at: null }]);

    await replayed(await post(system, `/${letter?.id}/replay`));
    expect(await system.settled()).toMatchObject({ accepted: 2, received: 1, dead_lettered: 1 });
    expect(await system.events()).toMatchObject([{ event_id: poison['event_id'] }]);
  } finally {
    await system.close();
  }
}, 60_000);

/** 0 where there is no /proc. */
function peakMegabytes(pid: number): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) / 1_024;
  } catch {
    return 0;
  }
}
