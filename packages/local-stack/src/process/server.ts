import { findFreePort } from './free-port.ts';
import { lastLines } from './log-file.ts';
import { poll } from './poll.ts';
import { type ProcessSpec, type RunningProcess, spawnProcess } from './spawn-process.ts';
import { type StopPlan, stopProcess } from './stop-process.ts';

/** What it takes to run one server process and to know that it serves. */
export interface ServerSpec {
  readonly process: ProcessSpec;
  readonly url: string;
  readonly port: number;
  readonly stop: StopPlan;
  /** How long it may take until it is ready. */
  readonly readyDeadlineMs: number;
  isReady(pid: number): Promise<boolean>;
}

export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  readonly port: number;
  /** Asks it to stop, kills it when it does not, and resolves when it is gone. */
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

const PORT_ATTEMPTS = 5;

/** Starts a server and waits until it is ready. Throws, with the end of its log, when it never is; nothing is left running. */
export async function startServer(spec: ServerSpec): Promise<RunningServer> {
  const running = spawnProcess(spec.process);
  if (!(await waitUntilReady(spec, running))) {
    running.kill('SIGKILL', 'group');
    await running.exited;
    throw new Error(`${spec.process.name} did not start: ${lastLines(spec.process.output) || 'no output'}`);
  }
  return {
    url: spec.url,
    pid: running.pid,
    port: spec.port,
    stop: () => stopProcess(running, spec.stop),
    kill: (signal) => running.kill(signal),
  };
}

/**
 * Starts a server on a port that is free now. Another process may take the port in between, when several test suites
 * start at once: then another port is tried.
 */
export async function startOnFreePort(specFor: (port: number) => ServerSpec): Promise<RunningServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startServer(specFor(await findFreePort()));
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !String(error).includes('Address already in use')) throw error;
    }
  }
}

/** True once it is ready, false when it exited or the deadline passed. */
async function waitUntilReady(spec: ServerSpec, running: RunningProcess): Promise<boolean> {
  let ready = false;
  await poll(
    async () => {
      if (running.exit() !== undefined) return true;
      ready = await spec.isReady(running.pid);
      return ready;
    },
    { deadlineMs: spec.readyDeadlineMs },
  );
  return ready && running.exit() === undefined;
}
