import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { poll } from './poll.ts';
import { identify, isRunning } from './process-table.ts';

const LOCK_DEADLINE_MS = 300_000;

export type Lock =
  | { readonly outcome: 'taken'; release(): void }
  | { readonly outcome: 'held'; readonly ownerPid: number };

/** Takes the lock, unless another process that still runs holds it. A lock whose owner has died does not count. */
export function takeLock(file: string): Lock {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${identify(process.pid) ?? process.pid}\n`;
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, own);
  try {
    if (readOrEmpty(file) !== '' && !isRunning(readOrEmpty(file).trim())) rmSync(file, { force: true });
    // A link appears with its content or not at all, and only where there is none yet.
    linkSync(draft, file);
    return { outcome: 'taken', release: () => rmSync(file, { force: true }) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { outcome: 'held', ownerPid: Number.parseInt(readOrEmpty(file), 10) };
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Runs `work` while no other process does so under the same lock file; waits for its turn. */
export async function withLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  let lock: Lock | undefined;
  const taken = await poll(
    () => {
      lock = takeLock(file);
      return lock.outcome === 'taken';
    },
    { deadlineMs: LOCK_DEADLINE_MS, intervalMs: 200 },
  );
  if (!taken || lock?.outcome !== 'taken') throw new Error(`Another process has held ${file} for too long`);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
