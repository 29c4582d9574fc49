import { writeFileSync } from 'node:fs';
import { ALL_MEASURES } from './measures/all.ts';
import { type BenchOptions, readOptions, USAGE } from './options.ts';
import { jsonReport } from './report/json.ts';
import { machineLine } from './report/machine.ts';
import { tableLines } from './report/table.ts';
import { runMeasures, withNeeded } from './run-measures.ts';

const { stdout, stderr } = process;
const print = (line: string): void => void stdout.write(`${line}\n`);
const say = (line: string): void => void stderr.write(`bench: ${line}\n`);

/** Resolves to the exit code: 1 where a run was inexact or failed, 2 where the options are wrong. Speed never fails. */
async function main(): Promise<number> {
  const read = readOptions(process.argv.slice(2));
  if (read.outcome === 'invalid') {
    for (const problem of [...read.problems, USAGE]) say(problem);
    return 2;
  }
  const stop = stopBySignals();
  try {
    return await bench(read.options, stop);
  } catch (error) {
    if (!stop.aborted) throw error;
    say('stopped');
    return 130;
  }
}

async function bench(options: BenchOptions, stop: AbortSignal): Promise<number> {
  const { json, quick } = options;
  // before the measures, which take long
  if (json !== undefined && !isWritable(json)) {
    say(`--json: ${json} cannot be written`);
    return 2;
  }
  say(machineLine());
  const taken = await runMeasures(
    { say, stop, taken: (one) => tableLines([one], { quick }).forEach(say) },
    { measures: withNeeded(ALL_MEASURES, options.only), options },
  );
  print(machineLine());
  for (const line of tableLines(taken, { quick })) print(line);
  if (json !== undefined) writeFileSync(json, jsonReport(taken));
  return taken.every(({ result }) => result.exact) ? 0 : 1;
}

function isWritable(file: string): boolean {
  try {
    writeFileSync(file, '{}\n');
    return true;
  } catch {
    return false;
  }
}

function stopBySignals(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  return stop.signal;
}

// Whoever reads our output may go before we do.
for (const stream of [stdout, stderr]) stream.on('error', () => {});
process.exit(await main());
