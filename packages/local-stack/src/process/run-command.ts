import { spawn } from 'node:child_process';

export interface CommandResult {
  /** Null when it was killed or could not be started. */
  readonly code: number | null;
  /** Standard output and error, in the order written. */
  readonly output: string;
}

export interface CommandOptions {
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Ends the command. */
  readonly signal?: AbortSignal;
}

/** Runs a command to its end and collects what it says. Never throws: a command that cannot start has code null. */
export function runCommand(
  command: string,
  args: readonly string[],
  { env, user, input = '', timeoutMs, signal }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: 'pipe',
      env: env ?? process.env,
      ...(user ?? {}),
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' as const }),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', (error) => resolve({ code: null, output: error.message }));
    child.once('close', (code) => resolve({ code, output }));
    // A command that ends without reading its input is no reason to crash.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
