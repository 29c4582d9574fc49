import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkPort } from '../process/free-port.ts';
import { takeLock } from '../process/lock-file.ts';
import { poll } from '../process/poll.ts';
import { StackError } from '../stack-error.ts';

/** Makes the data folder and proves that we may write to it. */
export function ensureWritable(dataDir: string): void {
  try {
    const probe = join(dataDir, 'run', `.write-${process.pid}`);
    makeFolder(join(dataDir, 'run'));
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new StackError(
      `Cannot write to ${dataDir} (${code}): give this user write permission, or set DATA_DIR to another folder`,
      { cause },
    );
  }
}

/** Not `recursive: true`: that never returns below a folder, such as /proc, that answers ENOENT to every mkdir. */
function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  if (dirname(dir) !== dir) makeFolder(dirname(dir));
  mkdirSync(dir);
}

/** A supervisor that is on its way out, because its terminal was closed or its npm killed, gets this long to be gone. */
const PREDECESSOR_MS = 5_000;

/** One supervisor for each data folder. Returns what releases it. */
export async function lockDataDir(dataDir: string, log: (line: string) => void): Promise<() => void> {
  const file = join(dataDir, 'run/supervisor.lock');
  let lock = takeLock(file);
  if (lock.outcome === 'held') {
    log(`waiting for another oncelog over ${dataDir} (pid ${lock.ownerPid}) to stop …`);
    await poll(
      () => {
        lock = takeLock(file);
        return lock.outcome === 'taken';
      },
      { deadlineMs: PREDECESSOR_MS, intervalMs: 200 },
    );
  }
  if (lock.outcome === 'taken') return lock.release;
  throw new StackError(
    `oncelog already runs over ${dataDir} (pid ${lock.ownerPid}): stop it first, or set DATA_DIR and PORT to run a second one`,
  );
}

/** Asked before anything is started, so that nothing has to be stopped again. */
export async function ensurePortIsFree(host: string, port: number): Promise<void> {
  const problem = await checkPort(port, host);
  if (problem === undefined) return;
  const advice = {
    EADDRINUSE: `Port ${port} is taken: stop what listens there, or set PORT to another port`,
    EACCES: `Port ${port} is not for this user: set PORT to 1024 or higher`,
  };
  throw new StackError(
    advice[problem as keyof typeof advice] ??
      `Cannot listen on ${host}:${port} (${problem}): correct HOST or PORT`,
  );
}
