import { CommanderError } from 'commander';
import { describeFailure, EXIT } from './failure.ts';
import { buildProgram, type ProgramDeps } from './program.ts';

export interface CliDeps extends ProgramDeps {
  readonly args: readonly string[];
}

const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** The reason of an abort that the operating system, or Ctrl-C, asked for. */
export class StoppedBySignal extends Error {
  override readonly name = 'StoppedBySignal';
  /** 128 and the signal's number, as shells report it. */
  readonly exitCode: number;

  constructor(signal: keyof typeof SIGNAL_EXIT_CODES) {
    super(`stopped by ${signal}`);
    this.exitCode = SIGNAL_EXIT_CODES[signal];
  }
}

/** The reason of an abort because nobody reads our output any more (`| head`). That is no failure. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/**
 * The command `oncelog`: reads the arguments, does what they say, prints.
 *
 * @param signal ends it early: by a {@link StoppedBySignal} or an {@link OutputClosed}
 * @returns the exit code: 0 done, 1 failed, refused or inconsistent, 2 wrong usage, 130 or 143 by a signal
 */
export async function runCli(deps: CliDeps, signal: AbortSignal): Promise<number> {
  const { program, exitCode } = buildProgram(deps, signal);
  try {
    await program.parseAsync([...deps.args], { from: 'user' });
    return exitCode();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (signal.aborted) return afterAbort(deps, signal.reason);
    const { lines, code } = describeFailure(error);
    for (const line of lines) deps.stderr.write(`${line}\n`);
    return code;
  }
}

function afterAbort({ stderr }: CliDeps, reason: unknown): number {
  if (reason instanceof StoppedBySignal) return reason.exitCode;
  if (reason instanceof OutputClosed) return EXIT.ok;
  stderr.write(`oncelog: ${String(reason)}\n`);
  return EXIT.failed;
}
