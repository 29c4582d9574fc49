import type { RefusedLine } from './item.ts';

/** How many lines at fault are told: enough to mend a producer, too few to fill a memory. */
const MAX_TOLD = 100;

/** What has become of the input until now. */
export interface Tally {
  accepted: number;
  refused: number;
  batches: number;
  /** Events that came without an id. */
  withoutId: number;
  readBytes: number;
  /** The first of them. */
  readonly refusedLines: RefusedLine[];
}

export function createTally(): Tally {
  return { accepted: 0, refused: 0, batches: 0, withoutId: 0, readBytes: 0, refusedLines: [] };
}

/** @returns whether this one is to be told */
export function tallyRefused(tally: Tally, refused: RefusedLine): boolean {
  tally.refused++;
  if (tally.refusedLines.length >= MAX_TOLD) return false;
  tally.refusedLines.push(refused);
  return true;
}
