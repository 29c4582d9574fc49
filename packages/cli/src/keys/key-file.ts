import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { StoredKey } from '@oncelog/event-schema';
import { OperationalError } from '../failure.ts';

const OWNER_ONLY = 0o600;
const RETRY_MS = 20;
const PATIENCE_MS = 3_000;

/**
 * The keys of a file, by the rules of the gateway: what it would not take is not taken here either, or a key that is removed from such
 * a file would go on being good.
 *
 * @returns undefined where there is no file
 * @throws {OperationalError} it holds something else
 */
export async function readKeyFile(file: string): Promise<readonly StoredKey[] | undefined> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  // loaded here, because no other command needs it
  const { parseStoredKeys } = await import('@oncelog/event-schema');
  const parsed = parseStoredKeys(text);
  if (parsed.outcome === 'valid') return parsed.keys;
  throw new OperationalError(
    `${file} is no file of keys that the gateway takes: ${parsed.problems.join('; ')}`,
  );
}

/**
 * Changes a file of keys, one process at a time. Who reads it meanwhile reads all of the old ones, or all of the new ones. A new
 * file is its owner's alone; one that is there keeps its owner and its mode, which a container may need.
 *
 * @param change the keys that are to be there instead; undefined: they stay
 * @throws {OperationalError} another process has been changing it for {@link PATIENCE_MS}
 */
export async function changeKeyFile(
  file: string,
  change: (keys: readonly StoredKey[] | undefined) => readonly StoredKey[] | undefined,
): Promise<void> {
  const target = existsSync(file) ? realpathSync(file) : file;
  const temporary = join(dirname(target), `.${basename(target)}.new`);
  const opened = await openAlone(temporary);
  let renamed = false;
  try {
    const keys = change(await readKeyFile(target));
    if (keys === undefined) return;
    writeSync(opened, `${JSON.stringify(keys, undefined, 2)}\n`);
    const before = statSync(target, { throwIfNoEntry: false });
    fchmodSync(opened, before === undefined ? OWNER_ONLY : before.mode & 0o777);
    if (before !== undefined) keepOwner(opened, before);
    fsyncSync(opened);
    renameSync(temporary, target);
    renamed = true;
  } finally {
    closeSync(opened);
    if (!renamed) rmSync(temporary, { force: true });
  }
}

/** The group too: a container may read the file by it. */
function keepOwner(opened: number, { uid, gid }: Stats): void {
  const now = fstatSync(opened);
  if (uid !== now.uid || gid !== now.gid) fchownSync(opened, uid, gid);
}

/** The new file is the lock as well: it exists while somebody writes it, and becomes the file. */
async function openAlone(temporary: string): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      return openSync(temporary, 'wx', OWNER_ONLY);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (waitedMs >= PATIENCE_MS) {
        throw new OperationalError(
          `another process changes the keys. If there is none, one was killed: remove ${temporary}`,
        );
      }
    }
    await setTimeout(RETRY_MS);
  }
}
