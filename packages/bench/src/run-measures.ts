import type { Measure, MeasureContext, MeasureResult } from './measure.ts';
import type { MeasureId } from './measure-ids.ts';
import type { BenchOptions } from './options.ts';

export interface TakenMeasure {
  readonly measure: Measure;
  readonly result: MeasureResult;
}

export interface RunMeasuresDeps {
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
  readonly taken: (one: TakenMeasure) => void;
}

/** The chosen measures and those that they need, in order. */
export function withNeeded(all: readonly Measure[], only: readonly MeasureId[]): readonly Measure[] {
  const wanted = new Set(only);
  for (const id of wanted) for (const need of all.find((one) => one.id === id)?.needs ?? []) wanted.add(need);
  return all.filter(({ id }) => wanted.has(id));
}

/** Takes one measure after the other. One that fails is inexact, and does not keep the others from being taken. */
export async function runMeasures(
  { say, stop, taken }: RunMeasuresDeps,
  { measures, options }: { readonly measures: readonly Measure[]; readonly options: BenchOptions },
): Promise<TakenMeasure[]> {
  const all: TakenMeasure[] = [];
  const resultOf = (id: MeasureId): MeasureResult => {
    const found = all.find(({ measure }) => measure.id === id);
    if (found === undefined || found.result.value === null) throw new Error(`needs ${id}, which failed`);
    return found.result;
  };
  for (const measure of measures) {
    stop.throwIfAborted();
    const sayOf = (line: string): void => say(`${measure.id}: ${line}`);
    sayOf(`${measure.what} …`);
    const result = await take(measure, { options, say: sayOf, resultOf, stop });
    const one = { measure, result };
    all.push(one);
    taken(one);
  }
  return all;
}

async function take(
  measure: Measure,
  { stop, ...context }: Omit<MeasureContext, 'opened'> & { readonly stop: AbortSignal },
): Promise<MeasureResult> {
  const opened = new AsyncDisposableStack();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(stop.reason);
  stop.addEventListener('abort', onAbort, { once: true });
  try {
    const running = measure.run({ ...context, opened });
    running.catch(() => {}); // it fails on what was closed under it, when nobody waits for it any more
    return await Promise.race([running, stopped]);
  } catch (error) {
    stop.throwIfAborted();
    context.say(`failed: ${(error as Error).message}`);
    return failure(error as Error);
  } finally {
    stop.removeEventListener('abort', onAbort);
    await opened.disposeAsync();
  }
}

function failure(error: Error): MeasureResult {
  return { unit: '', value: null, exact: false, problems: [`failed: ${error.message}`], runs: [] };
}
