import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CONSUMER = fileURLToPath(new URL('../../../../services/consumer/dist/main.js', import.meta.url));

export interface StrayInput {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** After this it is killed, whether it has reached its fail point or not. */
  readonly forMs: number;
  readonly signal: AbortSignal;
}

/** How a stray ended. */
export interface StrayEnd {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
}

/** A consumer that nobody starts again. Resolves when it is dead. */
export async function runStray({ name, env, logFile, forMs, signal }: StrayInput): Promise<StrayEnd> {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [CONSUMER], {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env, CONSUMER_NAME: name, PORT: '0' },
  });
  closeSync(log);
  const kill = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(kill, forMs);
  signal.addEventListener('abort', kill);
  const end = await new Promise<StrayEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, by) => resolve({ code, signal: by }));
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', kill);
  return end;
}
