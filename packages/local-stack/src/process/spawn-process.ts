import { type StdioOptions, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { forgetProcess, recordProcess } from './pid-file.ts';

export interface ProcessSpec {
  /** Short name for messages: `postgres`, `consumer-2`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment. Default: this process's own. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly cwd?: string;
  /** Run as this user instead of our own; only root can. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Standard output and error: ours, or appended to a file. */
  readonly output: 'inherit' | { readonly file: string };
  /** Where the process is recorded for as long as it runs: `….pid`. */
  readonly pidFile?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process is gone and its record removed. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Undefined while it runs. */
  exit(): Exit | undefined;
  /** Signals the process alone, or with `group` all that it has started as well. One that is gone is left alone. */
  kill(signal: NodeJS.Signals, to?: 'process' | 'group'): void;
}

const LOG_BYTES = 10 * 1024 * 1024;

/**
 * Starts a process in a process group of its own, so that a Ctrl-C in the terminal reaches the supervisor only and
 * Redis does not stop before the services have drained. Throws when it cannot be started at all.
 */
export function spawnProcess(spec: ProcessSpec): RunningProcess {
  const { stdio, close } = openOutput(spec.output);
  const child = spawn(spec.command, spec.args, {
    stdio,
    detached: true,
    env: spec.env ?? process.env,
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    ...(spec.user ?? {}),
  });
  // A child that could not be started has no pid, and says so again in an event.
  child.on('error', () => {});
  close();
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${spec.command} is missing or cannot be executed`);
  if (spec.pidFile !== undefined) recordProcess(spec.pidFile, pid);

  let exit: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      if (spec.pidFile !== undefined) forgetProcess(spec.pidFile);
      resolve(exit);
    });
  });
  return {
    name: spec.name,
    pid,
    exited,
    exit: () => exit,
    kill(signal, to = 'process') {
      if (exit === undefined) signalIfAlive(to === 'group' ? -pid : pid, signal);
    },
  };
}

/** `process.kill` for a process that may have gone meanwhile. A negative pid means a whole group. */
export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** How a process ended, for a message: `SIGKILL`, `code 1`. */
export function describeExit({ code, signal }: Exit): string {
  return signal ?? `code ${code}`;
}

function openOutput(output: ProcessSpec['output']): { stdio: StdioOptions; close: () => void } {
  if (output === 'inherit') return { stdio: ['ignore', 'inherit', 'inherit'], close: () => {} };
  mkdirSync(dirname(output.file), { recursive: true });
  // Logs that are only ever appended to would fill the disk in the end: one older file is kept.
  const size = statSync(output.file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_BYTES) renameSync(output.file, `${output.file}.1`);
  const file = openSync(output.file, 'a');
  return { stdio: ['ignore', file, file], close: () => closeSync(file) };
}
