import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from './cli.ts';
import { StoppedBySignal } from './stopped-by-signal.ts';

process.title = 'oncelog-publisher';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort(new StoppedBySignal(signal));
  });
}

const LEAVE_AFTER_MS = 500;

process.exitCode = await runCli(
  {
    args: process.argv.slice(2),
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    clock: {
      now: Date.now,
      monotonicMs: () => performance.now(),
      async sleep(ms, signal) {
        await sleep(ms, undefined, { signal }).catch((error: unknown) => {
          throw signal?.aborted ? signal.reason : error;
        });
      },
    },
    random: { seed: () => randomInt(2 ** 32), runId: randomUUID },
    leave: () => setTimeout(() => process.exit(), LEAVE_AFTER_MS).unref(),
  },
  stop.signal,
);
