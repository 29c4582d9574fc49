import { randomInt } from 'node:crypto';
import { openComposeTarget } from './compose-target.ts';
import { openLocalTarget } from './local-target.ts';
import { type ChaosOptions, readOptions, USAGE } from './options.ts';
import { runChaos } from './run-chaos.ts';
import { createSchedule } from './schedule.ts';
import { faultLine, resultLine, resultLines, stepLine } from './timeline.ts';

const { stdout, stderr } = process;
const human = stdout.isTTY === true;
const print = (line: string): void => void stdout.write(`${line}\n`);
const say = (line: string): void => void stderr.write(`chaos: ${line}\n`);

/** Resolves to the exit code. */
async function main(): Promise<number> {
  const read = readOptions(process.argv.slice(2), { freshSeed: randomInt(2 ** 31 - 1) });
  if (read.outcome === 'invalid') {
    for (const problem of [...read.problems, USAGE]) say(problem);
    return 1;
  }
  return run(read.options);
}

async function run(options: ChaosOptions): Promise<number> {
  const { seed, kills, consumers, publishers, minutes } = options;
  const schedule = createSchedule({ seed, kills, consumers, durationMs: minutes * 60_000 });
  if (options.plan) {
    for (const fault of schedule) print(faultLine(fault, human));
    return 0;
  }
  const stop = stopBySignals();
  say(`seed ${seed}: ${schedule.length} faults in ${minutes} minutes; starting the system …`);
  const target = await (options.compose ? openComposeTarget : openLocalTarget)({ consumers });
  let keep = false;
  try {
    const report = (step: Parameters<typeof stepLine>[0]): void => print(stepLine(step, human));
    const result = await runChaos({ target, report, stop }, { seed, schedule, publishers });
    keep = !result.exact;
    if (human) for (const line of resultLines(result)) print(line);
    if (keep) say(`the logs are kept in ${target.logs}`);
    print(resultLine(result));
    return result.exact ? 0 : 1;
  } catch (error) {
    if (!stop.aborted) throw error;
    say('stopped; nothing was proved');
    return 1;
  } finally {
    await target.close({ keep });
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
