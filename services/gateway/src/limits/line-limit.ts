import type { Logger } from '@oncelog/service-kit';

/** Bounds what a flood of refusals writes into the log. */
export interface LineLimit {
  /** Whether one more line of this kind may be written now. Kinds are few: codes of problems. */
  admits(kind: string): boolean;
}

const SECOND_MS = 1_000;

/** So many lines a second of each kind, and then one that says how many more there were. */
export function createLineLimit({ log }: { readonly log: Logger }, linesPerSecond = 10): LineLimit {
  const lines = new Map<string, number>();
  const sumUp = (): void => {
    for (const [kind, count] of lines) {
      if (count > linesPerSecond)
        log.info({ kind, lines: count - linesPerSecond }, 'more like this, left out');
    }
    lines.clear();
  };
  return {
    admits(kind) {
      if (lines.size === 0) setTimeout(sumUp, SECOND_MS).unref();
      const count = (lines.get(kind) ?? 0) + 1;
      lines.set(kind, count);
      return count <= linesPerSecond;
    },
  };
}
