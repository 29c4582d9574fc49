/** What a source said, and when it was asked, by the monotonic clock. */
export interface Reading<T> {
  readonly value: T;
  readonly atMs: number;
}

/** Something that is asked again and again, one question at a time: where it hangs, one of ours hangs with it. */
export interface Part<T> {
  /**
   * Asks, unless a question is under way or the part rests, and waits for the answer for at most `waitMs`. Resolves to
   * the newest answer, the same object until there is another one; to undefined where the last question failed, or
   * where there has been no answer for too long. Never rejects.
   */
  read(waitMs: number): Promise<Reading<T> | undefined>;
}

export interface PartOptions {
  /** How long an answer is good for while the next one does not come; beyond the rest. */
  readonly holdMs: number;
  /**
   * After an answer the part rests for this many times what it and the one before have taken, the quicker of the two:
   * what costs much is asked less often. One slow moment counts for nothing.
   */
  readonly restFactor: number;
}

/** Where answers take very long, one that is this old must do. */
const MAX_REST_MS = 5_000;

export function createPart<T>(ask: () => Promise<T>, { holdMs, restFactor }: PartOptions): Part<T> {
  let last: Reading<T> | undefined;
  let restsUntilMs = 0;
  let tookMs = 0;
  let underWay: Promise<void> | undefined;

  const question = async (): Promise<void> => {
    const atMs = performance.now();
    try {
      last = { value: await ask(), atMs };
      const nowMs = performance.now();
      restsUntilMs = nowMs + Math.min(Math.min(nowMs - atMs, tookMs) * restFactor, MAX_REST_MS);
      tookMs = nowMs - atMs;
    } catch {
      last = undefined; // /health says why, and the log
      restsUntilMs = 0;
      tookMs = 0;
    }
  };

  return {
    async read(waitMs) {
      if (performance.now() >= restsUntilMs) {
        underWay ??= question().finally(() => {
          underWay = undefined;
        });
      }
      if (underWay !== undefined) await within(waitMs, underWay);
      const isGood = last !== undefined && performance.now() - Math.max(last.atMs, restsUntilMs) <= holdMs;
      return isGood ? last : undefined;
    },
  };
}

async function within(waitMs: number, promise: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
