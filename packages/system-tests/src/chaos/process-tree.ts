import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A process and all that descend from it, itself first. */
async function processTree(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const tree = [pid];
  // grows while it is walked
  for (const parent of tree) {
    for (const [child, of] of pairs) if (of === parent && child !== undefined) tree.push(child);
  }
  return tree;
}

/** The parent first, so that it cannot start more. Those that have gone meanwhile are left alone. */
export async function signalTree(pid: number, signal: NodeJS.Signals): Promise<void> {
  for (const one of await processTree(pid)) signalProcess(one, signal);
}

/** False where there is no such process any more. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
