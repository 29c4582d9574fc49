/** What the tail may cost: fills up with time, to a limit. A unit is the reading of one event. */
export interface Budget {
  readonly left: number;
  refill(): void;
  spend(units: number): void;
  /** Nothing for a while. */
  rest(): void;
}

export interface BudgetConfig {
  readonly perSecond: number;
  readonly burst: number;
  /** How long {@link Budget.rest} lasts. */
  readonly restMs: number;
}

/** @param elapsedMs a clock that nobody sets */
export function createBudget(elapsedMs: () => number, { perSecond, burst, restMs }: BudgetConfig): Budget {
  let left = burst;
  let filledAt = elapsedMs();
  return {
    get left() {
      return left;
    },
    refill() {
      const now = elapsedMs();
      left = Math.min(burst, left + ((now - filledAt) * perSecond) / 1_000);
      filledAt = now;
    },
    spend(units) {
      left -= units;
    },
    rest() {
      left = Math.min(left, 0) - (restMs * perSecond) / 1_000;
    },
  };
}
