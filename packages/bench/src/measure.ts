import type { MeasureId } from './measure-ids.ts';
import type { BenchOptions } from './options.ts';

/** One figure, or several by name. Null where it could not be had. */
export type Figure = number | null | Readonly<Record<string, number | null>>;

/** The lowest and the highest of the runs behind a figure. */
export type Spread = readonly [lowest: number, highest: number];

export interface MeasureResult {
  readonly unit: string;
  readonly value: Figure;
  /** Measured beside it, in turn with it. */
  readonly limit?: Figure;
  readonly ratio?: Figure;
  /** Of the parts, where `ratio` is the worst of them. */
  readonly ratios?: Readonly<Record<string, number>>;
  readonly spread?: Spread | Readonly<Record<string, Spread>>;
  /** Whether the target is met; left out where there is none. Says nothing in quick runs. */
  readonly met?: boolean;
  /** Every count of every run was right. */
  readonly exact: boolean;
  /** What was wrong, and what could not be measured. */
  readonly problems: readonly string[];
  readonly runs: readonly object[];
}

export interface MeasureContext {
  readonly options: BenchOptions;
  /** A line about progress. */
  readonly say: (line: string) => void;
  /** What a measure that is in `needs` has found. */
  readonly resultOf: (id: MeasureId) => MeasureResult;
  /** Whatever outlives this is closed when the measure is over, however it ends. */
  readonly opened: AsyncDisposableStack;
}

export interface Measure {
  readonly id: MeasureId;
  readonly what: string;
  readonly target: string;
  /** Measures that must be taken before. */
  readonly needs?: readonly MeasureId[];
  readonly run: (context: MeasureContext) => Promise<MeasureResult>;
}
