/**
 * What of the feed (the stored events, in the order in which their batches were committed) had been committed at a
 * moment: every batch whose transaction has an ID below `xmax`, but for those that were still `running`.
 *
 * A snapshot of Postgres (`pg_current_snapshot()`), but `xmax` is not beyond the newest batch that was committed. IDs
 * that were given out after it and left nothing durable behind are given out again after a crash; the batches that get
 * them must then count as new.
 */
export interface FeedSnapshot {
  readonly xmax: bigint;
  /** Below `xmax`, ascending, each once. */
  readonly running: readonly bigint[];
}

/** A place in the feed: behind everything that `passed` holds, and what `within` says. */
export interface FeedPlace {
  readonly passed: FeedSnapshot;
  /**
   * Where the place is in the middle of what was committed between `passed` and `until`: that is in order of
   * transaction and `seq`, and this is where the last event stood.
   */
  readonly within?: FeedMiddle | undefined;
}

export interface FeedMiddle {
  readonly until: FeedSnapshot;
  readonly xid: bigint;
  readonly seq: bigint;
}

/** IDs below this one are Postgres's own: a snapshot with it holds nothing. */
const FIRST_XID = 3n;

/**
 * @param text as `pg_current_snapshot()` writes it: `xmin:xmax:xip,xip`
 * @param newest the highest transaction ID of a batch that is known to be committed
 */
export function feedSnapshot(text: string, newest: bigint): FeedSnapshot {
  const running = text.split(':')[2] ?? '';
  const xmax = newest < FIRST_XID ? FIRST_XID : newest + 1n;
  return {
    xmax,
    running: running
      .split(',')
      .filter((xid) => xid !== '')
      .map(BigInt)
      .filter((xid) => xid < xmax),
  };
}

/** As Postgres reads it: a `pg_snapshot`. */
export function pgSnapshotText({ xmax, running }: FeedSnapshot): string {
  return `${running[0] ?? xmax}:${xmax}:${running.join(',')}`;
}

/** The highest ID that a place names. */
function highestOf({ passed, within }: FeedPlace): bigint {
  return within !== undefined && within.until.xmax > passed.xmax ? within.until.xmax : passed.xmax;
}

/** Whether a place comes from another database, or from what a restored backup does not know. */
export function isFromElsewhere(place: FeedPlace, nextXid: bigint): boolean {
  return highestOf(place) > nextXid;
}

/**
 * Whether batches that come after a place may have been pruned.
 *
 * @param prunedXid the highest transaction ID of a pruned batch
 */
export function isOutOfReach({ passed, within }: FeedPlace, prunedXid: bigint | undefined): boolean {
  if (prunedXid === undefined) return false;
  const notPassed = (xid: bigint): boolean =>
    within === undefined || xid > within.xid || within.until.running.includes(xid);
  if (passed.running.some((xid) => xid <= prunedXid && notPassed(xid))) return true;
  return prunedXid >= passed.xmax && notPassed(prunedXid);
}
