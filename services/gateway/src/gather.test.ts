import type { Batch } from '@oncelog/event-stream';
import { expect, it } from 'vitest';
import { createGatherer } from './gather.ts';

const request = (name: string, events = 1) => ({ body: Buffer.from(`{"events":["${name}"]}`), events });

/** An append that is answered by hand. */
function openGathering(limits = { maxEventsPerBatch: 1_000, maxBodyBytes: 1e6 }) {
  const appends: (Batch & PromiseWithResolvers<void>)[] = [];
  let ids = 0;
  const append = (batch: Batch) => {
    const pending = Promise.withResolvers<void>();
    appends.push({ ...batch, ...pending });
    return pending.promise;
  };
  const sizes: number[] = [];
  const observe = (size: number): void => void sizes.push(size);
  const deps = { append, newBatchId: () => `batch-${++ids}`, sizes: { observe } };
  const gather = createGatherer(deps, limits);
  const bodies = () => appends.map(({ body }) => String(body));
  return { gather, appends, bodies, sizes };
}

it('sends a request at once, untouched, when nothing is under way', async () => {
  const { gather, appends, bodies } = openGathering();
  const kept = gather(request('a'));
  expect(bodies()).toEqual(['{"events":["a"]}']);
  appends[0]?.resolve();
  expect(await kept).toBe('batch-1');
});

it('gathers what arrives while an append is under way, in order, and answers each when all are durable', async () => {
  const { gather, appends, bodies, sizes } = openGathering();
  const first = gather(request('a'));
  const others = [gather(request('b', 2)), gather(request('c', 3))];
  expect(appends).toHaveLength(1);
  appends[0]?.resolve();
  await first;
  await expect.poll(bodies).toEqual(['{"events":["a"]}', '[{"events":["b"]},{"events":["c"]}]']);
  expect(appends[1]?.events).toBe(5);
  appends[1]?.resolve();
  expect(await Promise.all(others)).toEqual(['batch-2', 'batch-2']);
  expect(sizes).toEqual([1, 2]);
});

it.each([
  ['events', { maxEventsPerBatch: 3, maxBodyBytes: 1e6 }],
  ['bytes', { maxEventsPerBatch: 1_000, maxBodyBytes: 62 }],
])('gathers no more %s than one request may have', async (_what, limits) => {
  const { gather, appends } = openGathering(limits);
  const all = Array.from({ length: 7 }, (_, i) => gather(request(`r${i}`)));
  for (let at = 0; at < 3; at += 1) {
    await expect.poll(() => appends.length).toBeGreaterThan(at);
    appends[at]?.resolve();
  }
  await Promise.all(all);
  expect(appends.map(({ events }) => events)).toEqual([1, 3, 3]);
  expect(Math.max(...appends.map(({ body }) => body.length))).toBeLessThanOrEqual(62);
});

it('does not wait for an append that hangs', async () => {
  const { gather, appends } = openGathering();
  gather(request('hangs')).catch(() => {});
  const second = gather(request('b'));
  await expect.poll(() => appends.length).toBe(2);
  appends[1]?.resolve();
  expect(await second).toBe('batch-2');
});

it('refuses all of a batch when its append is refused, and goes on', async () => {
  const { gather, appends } = openGathering();
  const first = gather(request('a'));
  const others = [gather(request('b')), gather(request('c'))];
  appends[0]?.resolve();
  await first;
  await expect.poll(() => appends.length).toBe(2);
  appends[1]?.reject(new Error('full'));
  const outcomes = await Promise.allSettled(others);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = gather(request('d'));
  appends[2]?.resolve();
  expect(await next).toBe('batch-3');
});

it.each([
  ['events', () => request('x', 600)],
  ['bytes', () => ({ body: Buffer.alloc(70_000, ' '), events: 1 })],
])('begins another batch where one would have too many %s', async (_what, large) => {
  const { gather, appends } = openGathering();
  const all = [gather(request('a')), gather(large()), gather(large())];
  expect(appends).toHaveLength(2); // the first, and a full one; the third waits
  for (const at of [0, 1]) appends[at]?.resolve();
  await expect.poll(() => appends.length).toBe(3);
  appends[2]?.resolve();
  expect(await Promise.all(all)).toEqual(['batch-1', 'batch-2', 'batch-3']);
});
