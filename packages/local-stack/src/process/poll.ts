import { setTimeout as delay } from 'node:timers/promises';

/** Asks `condition` every `intervalMs` until it holds. False when `deadlineMs` have passed first. */
export async function poll(
  condition: () => boolean | Promise<boolean>,
  { deadlineMs, intervalMs = 25 }: { deadlineMs: number; intervalMs?: number },
): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= end) return false;
    await delay(intervalMs);
  }
}
