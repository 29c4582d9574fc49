/** How a feed of server-sent events is: `stale` is open and says nothing. */
export type FeedState = 'connecting' | 'live' | 'reconnecting' | 'stale' | 'paused';

/** A living server sends a message every second. */
const STALE_SECONDS = 5;

/**
 * What to show of a feed: what its connection says, unless it has been silent for too long. `silentSeconds` counts from
 * the last message; undefined before the first.
 */
export function shownState(
  connection: Exclude<FeedState, 'stale'>,
  silentSeconds: number | undefined,
): { readonly state: FeedState; readonly stale: boolean } {
  const stale = silentSeconds !== undefined && silentSeconds > STALE_SECONDS;
  return { state: connection === 'live' && stale ? 'stale' : connection, stale };
}
