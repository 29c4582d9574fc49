import { join } from 'node:path';
import { findRedisServer } from './redis/find-redis-server.ts';
import { publish } from './stack/publish.ts';
import { builtEntries, sourceEntries } from './stack/services.ts';
import { readSettings, type Settings } from './stack/settings.ts';
import { createStack, type Stack, StackStopped } from './stack/stack.ts';
import { StackError } from './stack-error.ts';

/**
 * One Ctrl-C arrives several times: from the terminal, from npm and from the bootstrap. What follows the first this closely
 * is the same one; what comes later means "now".
 */
const SAME_SIGNAL_MS = 300;

const log = (line: string): void => {
  process.stderr.write(`oncelog: ${line}\n`);
};

async function main(command: string): Promise<number> {
  switch (command) {
    case 'prepare':
      await findRedisServer({ log });
      return 0;
    case 'start':
    case 'dev':
      return keepRunning(command);
    case 'demo':
      return demo();
    default:
      throw new StackError(`Unknown command ${command}: use start, dev, demo or prepare`);
  }
}

async function keepRunning(command: 'start' | 'dev'): Promise<number> {
  const stack = createStack(
    { log },
    {
      settings: requireSettings(),
      entries: command === 'dev' ? sourceEntries : builtEntries,
      serviceLogs: 'inherit',
    },
  );
  const stopped = stopOnSignal(stack);
  await stack.start();
  process.stdout.write(`oncelog ready: ${stack.url}\n`);
  await stopped;
  return 0;
}

async function demo(): Promise<number> {
  const settings = requireSettings();
  const stack = createStack({ log }, { settings, entries: builtEntries, serviceLogs: 'files' });
  const interrupted = new AbortController();
  const stopped = stopOnSignal(stack, () => interrupted.abort());
  log('starting the stack …');
  await stack.start();
  const { succeeded, result } = await publish(
    { log, signal: interrupted.signal },
    {
      entry: builtEntries.publisher,
      url: stack.url,
      pidFile: join(settings.dataDir, 'run/publisher.pid'),
    },
  );
  if (interrupted.signal.aborted) {
    await stopped;
    return 1;
  }
  await stack.stop();
  if (!succeeded) log(`the demo failed; the services' logs are in ${settings.dataDir}/logs`);
  if (result !== undefined) process.stdout.write(`${result}\n`);
  return succeeded ? 0 : 1;
}

/** Resolves when a signal has stopped the stack. The second signal kills everything and exits at once. */
function stopOnSignal(stack: Stack, onStop: () => void = () => {}): Promise<void> {
  return new Promise((resolve, reject) => {
    let firstAt: number | undefined;
    const onSignal = (): void => {
      if (firstAt === undefined) {
        firstAt = performance.now();
        log('stopping …');
        onStop();
        stack.stop().then(resolve, reject);
      } else if (performance.now() - firstAt > SAME_SIGNAL_MS) {
        stack.killAll();
        process.exit(1);
      }
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
    // The bootstrap was killed: nobody is left who could stop us.
    process.on('disconnect', onSignal);
    process.on('uncaughtException', (error) => {
      log(error.stack ?? error.message);
      stack.killAll();
      process.exit(1);
    });
  });
}

function requireSettings(): Settings {
  const read = readSettings(process.env);
  if (read.outcome === 'valid') return read.settings;
  throw new StackError(read.problems.join('\noncelog: '));
}

// Whoever reads our output may go before we do.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  process.exit(await main(process.argv[2] ?? 'start'));
} catch (error) {
  if (error instanceof StackStopped) process.exit(process.argv[2] === 'demo' ? 1 : 0);
  log(error instanceof StackError ? error.message : String((error as Error).stack));
  process.exit(1);
}
