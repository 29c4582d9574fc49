import { runDemo, runStart } from './commands.ts';
import { findRedisServer } from './redis/find-redis-server.ts';
import type { Entries } from './stack/services.ts';
import { readSettings } from './stack/settings.ts';
import { StackError } from './stack-error.ts';
import { createStopRequest, type StopRequest } from './stop-request.ts';

/** The programs that `start` and `demo` run, and those that `dev` does. */
export interface Programs {
  readonly built: Entries;
  readonly source: Entries;
}

/** Runs the command named on the command line to its end, and exits. */
export async function runMain(host: NodeJS.Process, programs: Programs): Promise<never> {
  const writeTo = (stream: NodeJS.WriteStream) => {
    // Whoever reads our output may go before we do.
    stream.on('error', () => {});
    return (line: string) => void stream.write(`${line}\n`);
  };
  const print = writeTo(host.stdout);
  const relay = writeTo(host.stderr);
  const log = (line: string) => relay(`oncelog: ${line}`);
  try {
    const deps = { print, relay, log, stop: stopBySignals(host, log) };
    return host.exit(await runNamed(host.argv[2] ?? 'start', { deps, host, programs }));
  } catch (error) {
    log(error instanceof StackError ? error.message : String((error as Error).stack));
    return host.exit(1);
  }
}

interface RunInput {
  readonly deps: Parameters<typeof runStart>[0];
  readonly host: NodeJS.Process;
  readonly programs: Programs;
}

async function runNamed(command: string, { deps, host, programs }: RunInput): Promise<number> {
  switch (command) {
    case 'prepare':
      await findRedisServer({ log: deps.log });
      return 0;
    case 'start':
      return runStart(deps, { settings: requireSettings(host.env), entries: programs.built });
    case 'dev':
      return runStart(deps, { settings: requireSettings(host.env), entries: programs.source });
    case 'demo':
      return runDemo(deps, { settings: requireSettings(host.env), entries: programs.built });
    default:
      throw new StackError(`Unknown command ${command}: use start, dev, demo or prepare`);
  }
}

function stopBySignals(host: NodeJS.Process, log: (line: string) => void): StopRequest {
  const { request, receive, kill } = createStopRequest({
    now: () => performance.now(),
    exit: (code) => host.exit(code),
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) host.on(signal, receive);
  // The bootstrap was killed: nobody is left who could stop us.
  host.on('disconnect', receive);
  // A bug in here must not leave a stack behind that nobody looks after.
  host.on('uncaughtException', (error) => {
    log(error.stack ?? error.message);
    kill();
  });
  return request;
}

function requireSettings(env: NodeJS.ProcessEnv) {
  const read = readSettings(env);
  if (read.outcome === 'valid') return read.settings;
  throw new StackError(read.problems.join('\noncelog: '));
}
