import { join } from 'node:path';
import { publish } from './stack/publish.ts';
import type { Entries } from './stack/services.ts';
import type { Settings } from './stack/settings.ts';
import { createStack, type Stack, type StackConfig, StackStopped } from './stack/stack.ts';
import type { StopRequest } from './stop-request.ts';

export interface CommandDeps {
  /** Our own messages, for people. */
  readonly log: (line: string) => void;
  /** Lines of standard output. */
  readonly print: (line: string) => void;
  /** Lines that others have written and that are not the result. */
  readonly relay: (line: string) => void;
  readonly stop: StopRequest;
}

export interface CommandInput {
  readonly settings: Settings;
  readonly entries: Entries;
}

/** Runs the stack until it is told to stop. Returns the exit code. */
export async function runStart(deps: CommandDeps, input: CommandInput): Promise<number> {
  const stack = createStoppable(deps, { ...input, serviceLogs: 'inherit' });
  if (!(await startUnlessStopped(stack))) return 0;
  deps.print(`oncelog ready: ${stack.url}`);
  await aborted(deps.stop.signal);
  await stack.stop();
  return 0;
}

/** Starts the stack, publishes, stops, and prints the publisher's figures last. Returns 0 only if they are exact. */
export async function runDemo(deps: CommandDeps, input: CommandInput): Promise<number> {
  const { dataDir } = input.settings;
  const stack = createStoppable(deps, { ...input, serviceLogs: 'files' });
  deps.log('starting the stack …');
  if (!(await startUnlessStopped(stack))) return 1;
  const { succeeded, result } = await publish(
    { relay: deps.relay, signal: deps.stop.signal },
    { entry: input.entries.publisher, url: stack.url, pidFile: join(dataDir, 'run/publisher.pid') },
  );
  await stack.stop();
  if (!succeeded && !deps.stop.signal.aborted) {
    deps.log(`the demo failed; the services' logs are in ${join(dataDir, 'logs')}`);
  }
  if (result !== undefined) deps.print(result);
  return succeeded ? 0 : 1;
}

function createStoppable({ log, stop }: CommandDeps, config: StackConfig): Stack {
  const stack = createStack({ log }, config);
  stop.signal.addEventListener('abort', () => {
    log('stopping …');
    void stack.stop();
  });
  stop.onKill(() => stack.killAll());
  return stack;
}

async function startUnlessStopped(stack: Stack): Promise<boolean> {
  try {
    await stack.start();
    return true;
  } catch (error) {
    if (error instanceof StackStopped) return false;
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
