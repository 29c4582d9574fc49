import type { Reporter } from '../report/reporter.ts';

export type Call = {
  readonly [Name in keyof Reporter]: readonly [Name, Parameters<Reporter[Name]>[0]];
}[keyof Reporter];

/** A reporter that writes down what it is told. */
export function recordingReporter(): Reporter & { readonly calls: Call[] } {
  const calls: Call[] = [];
  return {
    calls,
    started: (run) => calls.push(['started', run]),
    sent: (published) => calls.push(['sent', published]),
    retrying: (trouble) => calls.push(['retrying', trouble]),
    settling: (outstanding) => calls.push(['settling', outstanding]),
    finished: (report) => calls.push(['finished', report]),
    stopped: (failure) => calls.push(['stopped', failure]),
  };
}
