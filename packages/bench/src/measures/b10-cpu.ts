import type { Measure, MeasureContext, MeasureResult } from '../measure.ts';
import type { MeasureId } from '../measure-ids.ts';
import { median, rounded } from '../statistics.ts';
import type { TimedRun } from './publish-run.ts';

const SOURCES = ['B1', 'B2'] as const;

/** From the runs of B1 and B2: `B1 gateway`, `B1 postgres` … */
export const b10: Measure = {
  id: 'B10',
  what: 'CPU seconds per million events, by process',
  target: 'reported',
  needs: SOURCES,
  async run(context) {
    const entries = SOURCES.flatMap((id) => secondsPerMillion(context, id));
    const available = entries.length > 0;
    return {
      unit: 'CPU s per million events',
      value: available ? Object.fromEntries(entries) : null,
      exact: SOURCES.every((id) => context.resultOf(id).exact),
      problems: available ? [] : ['CPU by process is not available on this system'],
      runs: [],
    } satisfies MeasureResult;
  },
};

function secondsPerMillion({ resultOf }: MeasureContext, id: MeasureId): [string, number][] {
  const runs = (resultOf(id).runs as readonly TimedRun[]).filter(({ side }) => side === 'ours');
  const names = Object.keys(runs[0]?.cpuSeconds ?? {});
  return names.map((name) => {
    const perMillion = runs.map(({ cpuSeconds, events }) => ((cpuSeconds?.[name] ?? 0) * 1e6) / events);
    return [`${id} ${name}`, rounded(median(perMillion), 3)];
  });
}
