import { pause } from '@oncelog/service-kit';

/** Runs what it is given one after the other. */
export type Lane = <T>(work: () => Promise<T>) => Promise<T>;

const MAX_REST_MS = 250;

/**
 * A lane that rests after each piece of work as long as that took, a quarter of a second at most: however many clients
 * resume, no more than half of one connection's time goes to them.
 *
 * @param elapsedMs a clock that nobody sets
 */
export function createLane(elapsedMs: () => number): Lane {
  let last = Promise.resolve();
  return (work) => {
    const before = last;
    let tookMs = 0;
    const done = (async () => {
      await before;
      const startedAt = elapsedMs();
      try {
        return await work();
      } finally {
        tookMs = elapsedMs() - startedAt;
      }
    })();
    const settled = done.then(
      () => {},
      () => {}, // who asked for it is told
    );
    last = settled.then(() => pause(Math.min(tookMs, MAX_REST_MS)));
    return done;
  };
}
