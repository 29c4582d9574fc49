/** Nothing became free in time: more is asked of the database than it can answer. */
export class DatabaseBusyError extends Error {
  constructor(waitedMs: number) {
    super(`no free connection to Postgres within ${waitedMs} ms`);
    this.name = 'DatabaseBusyError';
  }
}

export interface Slots {
  /**
   * Waits for a slot, first come, first served; resolves to what gives it back.
   *
   * @throws {DatabaseBusyError} after `maxWaitMs`
   */
  take(maxWaitMs: number): Promise<() => void>;
}

/** A limit on what runs at the same time: as many statements as connections, so that none waits behind another one. */
export function createSlots(count: number): Slots {
  const waiting = new Set<() => void>();
  let free = count;

  const release = (): void => {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else next();
  };
  /** Each slot is given back once, however often it is called. */
  const once = (): (() => void) => {
    let held = true;
    return () => {
      if (held) release();
      held = false;
    };
  };

  return {
    async take(maxWaitMs) {
      if (free > 0) {
        free -= 1;
        return once();
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const turn = (): void => {
        waiting.delete(turn);
        resolve();
      };
      waiting.add(turn);
      const timer = setTimeout(() => {
        if (waiting.delete(turn)) reject(new DatabaseBusyError(maxWaitMs));
      }, maxWaitMs);
      await promise.finally(() => clearTimeout(timer));
      return once();
    },
  };
}
