import { OutputClosed, runCli, StoppedBySignal } from './cli.ts';

// The title replaces the command line in lists of processes, where an API key would be read by everybody.
process.title = 'oncelog';

const LEAVE_AFTER_MS = 500;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const stopped = new StoppedBySignal(signal);
    if (stop.signal.aborted) process.exit(stopped.exitCode);
    stop.abort(stopped);
  });
}
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    stop.abort(new OutputClosed());
  });
}

const { stdin, stdout, stderr, env } = process;
process.exitCode = await runCli(
  { args: process.argv.slice(2), env, stdin, stdout, stderr, now: Date.now },
  stop.signal,
);

/** Connections that are kept open must not keep the process; what is still to be read of the output must. */
function leave(): void {
  if (stdout.writableLength === 0) process.exit();
  leaveSoon();
}

function leaveSoon(): void {
  setTimeout(leave, LEAVE_AFTER_MS).unref();
}

leaveSoon();
