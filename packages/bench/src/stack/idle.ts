import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;
const DEADLINE_MS = 60_000;

/** Waits until the gateway says that nothing is in flight: everything is acknowledged, not only committed. */
export async function untilIdle(url: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (performance.now() < deadline) {
    const stats = (await (await fetch(`${url}/stats`)).json()) as { in_flight?: number };
    if (stats.in_flight === 0) return;
    await delay(POLL_MS);
  }
  throw new Error('events were in flight 60 s after the last was counted');
}
