import { StackError } from '../stack-error.ts';
import { backoffMs } from './backoff.ts';
import { lastLines } from './log-file.ts';
import { poll } from './poll.ts';
import type { ServerSpec } from './server.ts';
import { describeExit, type RunningProcess, signalIfAlive, spawnProcess } from './spawn-process.ts';
import { stopProcess } from './stop-process.ts';

export interface SuperviseDeps {
  readonly log: (line: string) => void;
}

/** One process that is started again whenever it dies. */
export interface Supervised {
  readonly name: string;
  /** Undefined while it does not run. */
  pid(): number | undefined;
  /** Starts it and waits until it is ready. Throws a StackError, with nothing left running, when it never is. */
  start(signal?: AbortSignal): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Kills it and all it has started at once, for good. */
  killForGood(): void;
  /** Stops it for good; `start` may start it again. */
  stop(): Promise<void>;
}

/** A process that has run this long was no failed start. */
const STABLE_MS = 30_000;
/** Before it was ever ready, a process that keeps exiting has something wrong that a restart does not mend. */
const START_ATTEMPTS = 3;
/** What a service exits with whose settings are wrong (service-kit's `runService`): they would be the same at the next try. */
const BAD_CONFIGURATION = 78;

/**
 * Keeps one process running.
 *
 *   stopped ──start──▶ running ──exit──▶ waiting (backoff) ──▶ running …
 *      ▲                  │ stop             │ stop
 *      └──────────────────┴──────────────────┘
 */
export function supervise({ log }: SuperviseDeps, spec: ServerSpec): Supervised {
  const { name } = spec.process;
  let wanted = false;
  let running: RunningProcess | undefined;
  let restart: NodeJS.Timeout | undefined;
  let failures = 0;
  let lastExit = '';
  let ready = false;
  let misconfigured = false;

  function run(): void {
    const startedAt = performance.now();
    try {
      const started = spawnProcess(spec.process);
      running = started;
      void started.exited.then((exit) => {
        // What it had started itself would go on holding its port.
        signalIfAlive(-started.pid, 'SIGKILL');
        running = undefined;
        misconfigured = !ready && exit.code === BAD_CONFIGURATION; // later it may be a file that comes back
        if (wanted) runAgain(describeExit(exit), performance.now() - startedAt);
      });
    } catch (error) {
      runAgain((error as Error).message, 0);
    }
  }

  function runAgain(how: string, ranMs: number): void {
    lastExit = how;
    if (misconfigured) return;
    failures = ranMs >= STABLE_MS ? 1 : failures + 1;
    const waitMs = backoffMs(failures);
    log(`${name} exited (${how}), starting it again in ${waitMs / 1000} s`);
    restart = setTimeout(run, waitMs);
  }

  async function stop(): Promise<void> {
    wanted = false;
    clearTimeout(restart);
    if (running) await stopProcess(running, spec.stop);
  }

  async function start(signal?: AbortSignal): Promise<void> {
    wanted = true;
    failures = 0;
    ready = false;
    misconfigured = false;
    run();
    await poll(
      async () => {
        if (signal?.aborted || misconfigured || failures >= START_ATTEMPTS) return true;
        const asked = running;
        ready = asked !== undefined && (await spec.isReady(asked.pid)) && running === asked;
        return ready;
      },
      { deadlineMs: spec.readyDeadlineMs },
    );
    if (ready && !signal?.aborted) return;
    await stop();
    signal?.throwIfAborted();
    throw new StackError(`${name} ${whyNotReady()}${hint(spec)}`);
  }

  function whyNotReady(): string {
    if (misconfigured) return 'cannot run with its settings';
    return failures >= START_ATTEMPTS
      ? `exited ${failures} times before it was ready (${lastExit})`
      : `was not ready within ${spec.readyDeadlineMs / 1000} s`;
  }

  return {
    name,
    pid: () => running?.pid,
    start,
    stop,
    kill: (signal) => running?.kill(signal),
    killForGood() {
      wanted = false;
      clearTimeout(restart);
      running?.kill('SIGKILL', 'group');
    },
  };
}

function hint({ process: { output } }: ServerSpec): string {
  if (output === 'inherit') return ': its own messages above say why';
  return `: see ${output.file} (${lastLines(output, 1)})`;
}
