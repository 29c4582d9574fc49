import { setImmediate } from 'node:timers/promises';

/** Resolves when it is the caller's turn to work. */
export type Turn = () => Promise<void>;

/**
 * Lets one of all callers work in each turn of the event loop, in the order in which they ask. However many there are, what
 * else the process does waits for one piece of work, not for all of them.
 */
export function createTurns(): Turn {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => setImmediate());
    return last;
  };
}
