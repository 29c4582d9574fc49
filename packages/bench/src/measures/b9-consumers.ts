import type { LoadPlan } from '../load/plan.ts';
import type { Measure, MeasureResult } from '../measure.ts';
import { openBenchStack } from '../stack/bench-stack.ts';
import { median, rounded, spread } from '../statistics.ts';
import { exactness } from './interleave.ts';
import { publishRun, type TimedRun } from './publish-run.ts';
import { openGenerator } from './workers.ts';

const COUNTS = [1, 2, 4, 8] as const;
const MOST = 8;
const CONNECTIONS = 8;
const TARGET = 0.9;
/** Consumers that have just been started get a run of their own first, so many times smaller. */
const WARM_UP = 5;

export const b9: Measure = {
  id: 'B9',
  what: 'end to end with 1, 2, 4, 8 consumers (ratio: 8 to 2)',
  target: `≥ ${TARGET}`,
  async run(context) {
    const { options, opened, say } = context;
    const system = await openBenchStack({ ...context, consumers: MOST });
    const generator = openGenerator(opened);
    let next = 0;
    const publish = (events: number): Promise<TimedRun> => {
      const plan: LoadPlan = {
        seed: options.seed,
        run: next++,
        ids: 'random',
        idsFromMs: 0,
        events,
        batchSize: 100,
      };
      return publishRun({ system, generator }, plan, { connections: CONNECTIONS });
    };
    const warmUps: TimedRun[] = [];
    const runs: (TimedRun & { consumers: number })[] = [];
    for (let round = 1; round <= options.repeats; round += 1) {
      for (const consumers of COUNTS) {
        await setConsumers(system, consumers);
        warmUps.push(await publish(Math.ceil(options.events / WARM_UP)));
        const run = await publish(options.events);
        say(`run ${round}, ${consumers} consumers: ${Math.round(run.eventsPerSecond)} events/s`);
        runs.push({ ...run, consumers });
      }
    }
    return resultOf(runs, exactness([...warmUps, ...runs]));
  },
};

/** Starts and stops until exactly the first `count` run. */
async function setConsumers(
  { stack }: Awaited<ReturnType<typeof openBenchStack>>,
  count: number,
): Promise<void> {
  const running = new Set(stack.processes.map(({ name }) => name));
  for (let number = 1; number <= MOST; number += 1) {
    const name = `consumer-${number}`;
    if (number <= count && !running.has(name)) await stack.startProcess(name);
    if (number > count && running.has(name)) await stack.stopProcess(name);
  }
}

function resultOf(
  runs: readonly (TimedRun & { consumers: number })[],
  exactnessOfAll: Pick<MeasureResult, 'exact' | 'problems'>,
): MeasureResult {
  const speeds = (count: number): number[] =>
    runs.filter(({ consumers }) => consumers === count).map(({ eventsPerSecond }) => eventsPerSecond);
  const ratio = median(speeds(8)) / median(speeds(2));
  return {
    unit: 'events/s',
    value: Object.fromEntries(COUNTS.map((count) => [`${count}`, Math.round(median(speeds(count)))])),
    spread: Object.fromEntries(COUNTS.map((count) => [`${count}`, spread(speeds(count).map(Math.round))])),
    ratio: rounded(ratio, 3),
    met: ratio >= TARGET,
    ...exactnessOfAll,
    runs,
  };
}
