import { expect, it } from 'vitest';
import type { Measure, MeasureResult } from './measure.ts';
import type { MeasureId } from './measure-ids.ts';
import type { BenchOptions } from './options.ts';
import { runMeasures, withNeeded } from './run-measures.ts';

const options: BenchOptions = {
  quick: true,
  only: [],
  json: undefined,
  seed: 1,
  repeats: 1,
  events: 1_000,
  consumers: 1,
};
const result: MeasureResult = { unit: 'ms', value: 1, exact: true, problems: [], runs: [] };

function measure(id: MeasureId, given: Partial<Measure> = {}): Measure {
  return { id, what: id, target: '', run: async () => result, ...given };
}

function run(measures: readonly Measure[], stop = new AbortController().signal) {
  return runMeasures({ say: () => {}, stop, taken: () => {} }, { measures, options });
}

it('takes what a measure needs before it', () => {
  const all = [
    measure('B1'),
    measure('B2'),
    measure('B4', { needs: ['B1'] }),
    measure('B10', { needs: ['B4'] }),
  ];
  expect(withNeeded(all, ['B10']).map(({ id }) => id)).toEqual(['B1', 'B4', 'B10']);
  expect(withNeeded(all, ['B2']).map(({ id }) => id)).toEqual(['B2']);
});

it('goes on after a measure that fails, which is inexact, and closes what it has opened', async () => {
  const closed: string[] = [];
  const failing = measure('B1', {
    run: async ({ opened }) => {
      opened.defer(() => void closed.push('B1'));
      throw new Error('the gateway is gone');
    },
  });
  const needing = measure('B4', { needs: ['B1'], run: async ({ resultOf }) => resultOf('B1') });
  const taken = await run([failing, measure('B2'), needing]);
  expect(taken.map(({ result: { exact } }) => exact)).toEqual([false, true, false]);
  expect(taken[0]?.result.problems).toEqual(['failed: the gateway is gone']);
  expect(taken[2]?.result.problems).toEqual(['failed: needs B1, which failed']);
  expect(closed).toEqual(['B1']);
});

it('stops in the middle of a measure, and closes what it has opened', async () => {
  const stop = new AbortController();
  const closed: string[] = [];
  const endless = measure('B1', {
    run: ({ opened }) => {
      opened.defer(() => void closed.push('B1'));
      stop.abort();
      return new Promise(() => {});
    },
  });
  await expect(run([endless, measure('B2')], stop.signal)).rejects.toThrow(/abort/i);
  expect(closed).toEqual(['B1']);
});
