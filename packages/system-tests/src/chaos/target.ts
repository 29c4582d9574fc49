import type { Fault } from './schedule.ts';

/** What became of a fault. */
export type FaultOutcome =
  | { readonly outcome: 'done' }
  /** It could not be done, because what it was meant for did not run at that moment. */
  | { readonly outcome: 'missed'; readonly why: string };

/** A whole system that can be broken. */
export interface Target {
  /** Where publishers publish. */
  readonly url: string;
  /** Where the folder with all logs is, for whoever has to find out. */
  readonly logs: string;
  /** Does a fault to its end: resolves when what was broken is whole again. One component's faults come one by one. */
  inflict(fault: Fault): Promise<FaultOutcome>;
  /** One statement; resolves to the only column of its only row. */
  query(sql: string): Promise<string>;
  /** Exits that nobody caused, and fatal errors in logs: unhandled rejections and uncaught exceptions are among them. */
  mishaps(): Promise<string[]>;
  /** Stops everything and removes what it made; `keep` leaves the logs. */
  close(options: { keep: boolean }): Promise<void>;
}
