import { backoffMs, pause } from './backoff.ts';
import type { Logger } from './logger.ts';

export interface UntilReadyDeps {
  readonly log: Logger;
  readonly now: () => Date;
  readonly random: () => number;
}

/** How long a starting service waits for what it needs before it exits, to be started again. */
const START_DEADLINE_MS = 30_000;
const BACKOFF = { baseMs: 50, capMs: 1_000 };

/**
 * Tries until it works or 30 s are over: what starts side by side is not ready at once.
 *
 * @throws the last failure
 */
export async function untilReady(
  { log, now, random }: UntilReadyDeps,
  attempt: () => Promise<void>,
): Promise<void> {
  const deadline = now().getTime() + START_DEADLINE_MS;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (now().getTime() > deadline) throw error;
      if (tries === 4) log.info({ err: error }, 'waiting for what this service needs');
      await pause(backoffMs(tries, BACKOFF, random()));
    }
  }
}
