import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { forgetProcess, recordProcess } from '../process/pid-file.ts';

export interface Published {
  /** Whether the publisher says that its figures are exact. */
  readonly succeeded: boolean;
  /** The last line of its output: one JSON object. Undefined when it did not get that far. */
  readonly result?: string;
}

/** What the publisher is given where the environment says nothing. */
const DEMO_DEFAULTS = { TOTAL_EVENTS: '20000', DUPLICATE_RATE: '0.3' };

/**
 * Runs the publisher against the gateway. Its progress goes to our standard error; all lines of its output but the
 * last, which is the result, are relayed.
 */
export async function publish(
  { relay, signal }: { relay: (line: string) => void; signal: AbortSignal },
  { entry, url, pidFile }: { entry: readonly string[]; url: string; pidFile: string },
): Promise<Published> {
  const child = spawn(process.execPath, entry, {
    stdio: ['ignore', 'pipe', 'inherit'],
    // A Ctrl-C in the terminal reaches it by way of `signal`, like everything else here.
    detached: true,
    env: { ...DEMO_DEFAULTS, ...process.env, TARGET_URL: url },
    // It holds nothing that would be lost.
    signal,
    killSignal: 'SIGKILL',
  });
  child.on('error', () => {});
  if (child.pid !== undefined) recordProcess(pidFile, child.pid);
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  let last: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (last !== undefined) relay(last);
    last = line;
  }
  const succeeded = (await exited) === 0;
  forgetProcess(pidFile);
  if (last === undefined || !isJsonObject(last)) {
    if (last !== undefined) relay(last);
    return { succeeded: false };
  }
  return { succeeded, result: last };
}

function isJsonObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
