import type { ChaosResult, ChaosStep } from './run-chaos.ts';
import type { Fault } from './schedule.ts';

/** One line a step: for people, or a JSON object. */
export function stepLine({ afterMs, fault, phase, acknowledgedEvents }: ChaosStep, human: boolean): string {
  if (!human) {
    const after_seconds = Number((afterMs / 1_000).toFixed(3));
    return JSON.stringify({ after_seconds, phase, ...faultFields(fault), acknowledged: acknowledgedEvents });
  }
  const what = `${fault.component.padEnd(13)} ${fault.action.padEnd(9)} ${phase.padEnd(9)}`;
  const details = phase === 'begins' ? detailsOf(fault) : '';
  return `${time(afterMs)}  ${what} ${details.padEnd(36)} ${acknowledgedEvents.toLocaleString('en')} acknowledged`;
}

/** A line of the plan. */
export function faultLine(fault: Fault, human: boolean): string {
  if (!human) return JSON.stringify({ at_seconds: fault.atMs / 1_000, ...faultFields(fault) });
  return `${time(fault.atMs)}  ${fault.component.padEnd(13)} ${fault.action.padEnd(9)} ${detailsOf(fault)}`.trimEnd();
}

/** What came of it, for people. */
export function resultLines(result: ChaosResult): string[] {
  const count = (value: number): string => value.toLocaleString('en');
  const kinds = Object.entries(result.faultsByKind).sort(([a], [b]) => a.localeCompare(b));
  return [
    '',
    ...kinds.map(([kind, times]) => `${count(times).padStart(9)}  ${kind}`),
    '',
    `${count(result.faults).padStart(9)}  faults, ${count(result.kills)} of them kills`,
    `${count(result.acknowledgedEvents).padStart(9)}  events acknowledged in ${count(result.batches)} batches, ${count(result.retries)} retries`,
    `${count(result.duplicates).padStart(9)}  duplicates among them`,
    `${count(result.exactKeys).padStart(9)}  of ${count(result.keys)} keys stored exactly once, as they were sent`,
    `${String(result.secondsToRest ?? '> 30').padStart(9)}  seconds from the end of the last fault until all was at rest`,
    '',
    ...result.problems.map((problem) => `WRONG: ${problem}`),
    result.exact ? `exact (seed ${result.seed})` : `NOT exact (seed ${result.seed})`,
  ];
}

/** The last line of the output. */
export function resultLine(result: ChaosResult): string {
  return JSON.stringify({
    seed: result.seed,
    seconds: result.seconds,
    faults: result.faults,
    kills: result.kills,
    missed: result.missed,
    faults_by_kind: result.faultsByKind,
    batches: result.batches,
    acknowledged: result.acknowledgedEvents,
    retries: result.retries,
    unique: result.keys,
    unique_exact: result.exactKeys,
    duplicates: result.duplicates,
    seconds_to_rest: result.secondsToRest,
    problems: result.problems,
    exact: result.exact,
  });
}

function faultFields({ component, action, forMs, failPoint }: Fault) {
  const fields = { component, action, for_seconds: forMs / 1_000 };
  return failPoint === undefined ? fields : { ...fields, fail_point: failPoint };
}

function detailsOf({ forMs, failPoint }: Fault): string {
  const lasting = forMs > 0 ? `for ${(forMs / 1_000).toFixed(1)} s` : '';
  return failPoint === undefined ? lasting : `${failPoint}, ${lasting} at most`;
}

function time(ms: number): string {
  return `${(ms / 1_000).toFixed(1).padStart(7)} s`;
}
