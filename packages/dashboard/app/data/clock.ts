import { signal } from '@preact/signals';

/** How long a hidden page goes on: a glance at another tab must not interrupt it. */
const GRACE_MS = 10_000;

/** Now, moved on every second while the page is looked at. */
export const now = signal(new Date());

/** The same on a clock that only goes forward, ms. */
export const nowMs = signal(performance.now());

/**
 * Whether nobody looks. Feeds are closed then: browsers allow six connections to a server, and tabs in the background
 * would use them up.
 */
export const asleep = signal(false);

const tick = (): void => {
  now.value = new Date();
  nowMs.value = performance.now();
};

/** Starts both. Called once. */
export function startClock(): void {
  let sleep: ReturnType<typeof setTimeout> | undefined;
  let ticking: ReturnType<typeof setInterval> | undefined;
  const follow = (): void => {
    clearTimeout(sleep);
    clearInterval(ticking);
    if (document.hidden) {
      sleep = setTimeout(() => {
        asleep.value = true;
      }, GRACE_MS);
      return;
    }
    tick();
    ticking = setInterval(tick, 1_000);
    asleep.value = false;
  };
  document.addEventListener('visibilitychange', follow);
  follow();
}
