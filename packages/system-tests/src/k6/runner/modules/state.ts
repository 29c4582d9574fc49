import type { HttpLine, Report, Sample } from '../messages.ts';

/** What the stand-ins for k6's modules share within a thread. */
export const state: {
  /** `init` while the script is loaded: metrics are declared then, and only then. */
  phase: 'init' | 'run';
  scenario: { iterationInTest: number; startTime: number } | undefined;
  http: HttpLine | undefined;
  report: (message: Report) => void;
  readonly samples: Sample[];
} = { phase: 'init', scenario: undefined, http: undefined, report: () => {}, samples: [] };

/** `exec.test.abort()`. */
export class AbortedError extends Error {
  override readonly name = 'AbortedError';
}

/** @throws while the script is loaded */
export function mustRun(what: string): void {
  if (state.phase === 'init') throw new Error(`${what} cannot be used in the init context`);
}
