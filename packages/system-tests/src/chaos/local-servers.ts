import { setTimeout as delay } from 'node:timers/promises';
import type { RunningServer } from '@oncelog/local-stack';
import { type Link, openLink } from './link.ts';
import { signalTree } from './process-tree.ts';

/** Postgres or Redis, with a link that the services reach it by. */
export interface BreakableServer {
  /** Past the link. */
  readonly url: string;
  /** Through the link. */
  readonly linkedUrl: string;
  readonly link: Link;
  pid(): number;
  /** SIGKILL to all its processes; it is started again after `forMs`, over the same data and on the same port. */
  kill(forMs: number, signal: AbortSignal): Promise<void>;
  freeze(forMs: number, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

const RESTART_DEADLINE_MS = 60_000;
const RESTART_INTERVAL_MS = 200;

/** Starts a server on a free port, and a link to it. `start` gets the port at every further start. */
export async function openServer(start: (port?: number) => Promise<RunningServer>): Promise<BreakableServer> {
  let running = await start();
  const { url, port } = running;
  const link = await openLink(port);
  return {
    url,
    linkedUrl: url.replace(`:${port}`, `:${link.port}`),
    link,
    pid: () => running.pid,
    async kill(forMs, signal) {
      await signalTree(running.pid, 'SIGKILL');
      await running.stop();
      await delay(forMs, undefined, { signal });
      running = await startAgain(() => start(port), signal);
    },
    async freeze(forMs, signal) {
      await signalTree(running.pid, 'SIGSTOP');
      try {
        await delay(forMs, undefined, { signal });
      } finally {
        await signalTree(running.pid, 'SIGCONT');
      }
    },
    async stop() {
      await running.stop();
      await link.close();
    },
  };
}

/** What a killed server leaves behind (a port, shared memory) may be in its successor's way for a moment. */
async function startAgain(start: () => Promise<RunningServer>, signal: AbortSignal): Promise<RunningServer> {
  const deadline = performance.now() + RESTART_DEADLINE_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(RESTART_INTERVAL_MS, undefined, { signal });
    }
  }
}
