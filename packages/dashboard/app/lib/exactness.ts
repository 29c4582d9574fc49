/** The figures of the equation `accepted = received + dead letters + in flight`. */
export interface Figures {
  readonly accepted: number;
  readonly received: number;
  readonly dead_lettered: number;
  /** Not acknowledged yet. What is applied is acknowledged a moment later: until then it is in `received` as well. */
  readonly in_flight: number;
}

/**
 * `exact`: every event is in one place. At rest both sides are equal; while events flow
 * `received + dead_lettered ≤ accepted ≤ received + dead_lettered + in_flight`, and what is in flight twice is applied and
 * not acknowledged. `moving`: that does not hold, and the figures still move: they are read from two servers, one after the
 * other. `off`: it does not hold, and nothing has moved for a while.
 */
export interface Exactness {
  readonly state: 'exact' | 'moving' | 'off';
  /** Events that are applied and not acknowledged yet; where it is not exact, right side minus left side. */
  readonly difference: number;
  /** Events that are not applied yet. */
  readonly waiting: number;
  readonly figures: Figures;
  /** Since when the figures are what they are; ms on any clock. */
  readonly unchangedSinceMs: number;
}

const SETTLED_MS = 10_000;

/** Judges the latest figures in the light of what was judged before. Pure. */
export function judge(before: Exactness | undefined, figures: Figures, nowMs: number): Exactness {
  const { accepted, received, dead_lettered, in_flight } = figures;
  const difference = received + dead_lettered + in_flight - accepted;
  const holds = difference >= 0 && difference <= in_flight;
  const unchanged = before !== undefined && sameFigures(before.figures, figures);
  const unchangedSinceMs = unchanged ? before.unchangedSinceMs : nowMs;
  const settled = nowMs - unchangedSinceMs >= SETTLED_MS;
  const state = holds ? 'exact' : settled ? 'off' : 'moving';
  return {
    state,
    difference,
    waiting: holds ? in_flight - difference : in_flight,
    figures,
    unchangedSinceMs,
  };
}

function sameFigures(a: Figures, b: Figures): boolean {
  return (
    a.accepted === b.accepted &&
    a.received === b.received &&
    a.dead_lettered === b.dead_lettered &&
    a.in_flight === b.in_flight
  );
}
