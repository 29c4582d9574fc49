import { setTimeout as delay } from 'node:timers/promises';
import { openTestRedis } from '@oncelog/event-stream/testing';

export type Redis = Awaited<ReturnType<typeof openTestRedis>>;

const POLL_MS = 200;
/** Longer than the consumers' maintenance interval, in which they trim. */
const STEADY_MS = 5_000;
const DEADLINE_MS = 120_000;

export async function openRedis(url: string, opened: AsyncDisposableStack): Promise<Redis> {
  const redis = await openTestRedis(url);
  opened.defer(() => redis.destroy());
  return redis;
}

export async function usedMemory(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
}

/** The least memory, once it has stopped falling: everything acknowledged is trimmed. */
export async function steadyMemory(redis: Redis): Promise<number> {
  const deadline = performance.now() + DEADLINE_MS;
  let least = await usedMemory(redis);
  let fellAt = performance.now();
  while (performance.now() - fellAt < STEADY_MS && performance.now() < deadline) {
    await delay(POLL_MS);
    const now = await usedMemory(redis);
    if (now < least) {
      least = now;
      fellAt = performance.now();
    }
  }
  return least;
}
