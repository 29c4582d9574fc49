import { runCommand } from '../process/run-command.ts';
import { StackError } from '../stack-error.ts';

/**
 * Brings the schema of the database up to date. Throws a StackError with the migration's own last line.
 *
 * @param env its whole environment, with `DATABASE_URL`
 */
export async function runMigrations(
  entry: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const { code, output } = await runCommand(process.execPath, entry, { env, signal });
  signal.throwIfAborted();
  if (code === 0) return;
  // The migration says in one line what is wrong; where Node.js itself failed, its stack trace says less than its error.
  const lines = output.split('\n').filter((line) => /^\w/.test(line) && !line.startsWith('Node.js v'));
  const reason = lines.at(-1) ?? 'no output';
  throw new StackError(`The database schema could not be brought up to date (${reason})`);
}
