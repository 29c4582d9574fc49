import type { LoadPlan } from '../load/plan.ts';
import { mix } from '../load/random.ts';
import type { Measure, MeasureContext, MeasureResult } from '../measure.ts';
import { openBenchStack } from '../stack/bench-stack.ts';
import { readCounts } from '../stack/counts.ts';
import { FILL_IDS_FROM_MS } from '../stack/fill.ts';
import { openFilledStack } from '../stack/kept-store.ts';
import { CONNECTIONS } from './beside-inserts.ts';
import { interleave, throughputResult } from './interleave.ts';
import { publishRun, type TimedRun } from './publish-run.ts';
import { openGenerator } from './workers.ts';

const TARGET = 0.8;
export const MANY_EVENTS = 20_000_000;
export const QUICK_MANY_EVENTS = 200_000;

export const b6: Measure = {
  id: 'B6',
  what: 'B1 with 20 million events stored (limit: an empty table)',
  target: `≥ ${TARGET}`,
  async run(context) {
    const random = await besideEmpty(context, 'random');
    const ordered = await besideEmpty(context, 'ordered');
    const both = <Part>(part: (result: MeasureResult) => Part) => ({
      'random ids': part(random),
      'ordered ids': part(ordered),
    });
    return {
      unit: 'events/s',
      value: both(({ value }) => value as number),
      limit: both(({ limit }) => limit as number),
      ratio: both(({ ratio }) => ratio as number),
      spread: both(({ spread }) => spread as [number, number]),
      met: random.met === true && ordered.met === true,
      exact: random.exact && ordered.exact,
      problems: [...random.problems, ...ordered.problems],
      runs: [...random.runs, ...ordered.runs],
    };
  },
};

/** A system over many events and one over none, in turn. Both are closed before the next pair is opened. */
async function besideEmpty(context: MeasureContext, ids: LoadPlan['ids']): Promise<MeasureResult> {
  const { options, say } = context;
  await using opened = context.opened.use(new AsyncDisposableStack());
  const ofStack = { consumers: options.consumers, say, opened };
  const size = options.quick ? QUICK_MANY_EVENTS : MANY_EVENTS;
  const filled = await openFilledStack(ofStack, { size, ids });
  const empty = await openBenchStack(ofStack);
  const generator = openGenerator(opened);
  const { seq } = await readCounts(filled.sql);
  const planOf = (run: number): LoadPlan => ({
    // the store is kept: its earlier runs have used the IDs of the plain seed
    seed: mix(options.seed ^ mix(seq)),
    run,
    ids,
    idsFromMs: FILL_IDS_FROM_MS + seq + run * options.events,
    events: options.events,
    batchSize: 100,
  });
  // After a checkpoint a page goes to the WAL as a whole when it is first written. Random IDs hit another page each, and
  // Postgres makes a checkpoint every 15 minutes, not before every run.
  const load = { connections: CONNECTIONS, checkpoint: false };
  const runs = await interleave(
    { options, say: (line) => say(`${ids} ids, ${line}`) },
    {
      ours: (run) => publishRun({ system: filled, generator }, planOf(run), load),
      limit: async (run): Promise<TimedRun> => ({
        ...(await publishRun({ system: empty, generator }, planOf(run), load)),
        side: 'limit',
      }),
    },
  );
  return throughputResult(runs, TARGET);
}
