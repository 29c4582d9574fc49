import { OutputClosed, runCli, StoppedBySignal } from './cli.ts';
import { EXIT } from './failure.ts';

// The title replaces the command line in lists of processes, where an API key would be read by everybody.
process.title = 'oncelog';

const { stdin, stdout, stderr, env } = process;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const stopped = new StoppedBySignal(signal);
    if (stop.signal.aborted) process.exit(stopped.exitCode);
    stop.abort(stopped);
  });
}

/** Such as a full disk; not that the reader has gone. */
let outputError: Error | undefined;
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') outputError = error;
    stop.abort(new OutputClosed());
  });
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('drain', resolve).once('close', resolve);
  });
}

const code = await runCli(
  { args: process.argv.slice(2), env, stdin, stdout, stderr, now: Date.now },
  stop.signal,
);
// Connections that are kept open, and an input that says nothing, must not keep the process; what is still to be read must.
await Promise.all([drained(stdout), drained(stderr)]);
await new Promise(setImmediate); // what the last write has met is told only now
if (outputError === undefined) process.exit(code);
stderr.write(`oncelog: the output cannot be written: ${outputError.message}\n`);
process.exit(EXIT.failed);
