import {
  chownSync,
  closeSync,
  fchmodSync,
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
import { OperationalError } from '../failure.ts';
import type { KeyEntry } from './new-key.ts';

const OWNER_ONLY = 0o600;

/**
 * The keys of a file, as the gateway reads them.
 *
 * @returns undefined where there is no file
 * @throws {OperationalError} it holds something else
 */
export function readKeyFile(file: string): KeyEntry[] | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const entries: unknown = JSON.parse(text);
    if (Array.isArray(entries) && entries.every(isEntry)) return entries;
  } catch {
    // said below, and without the text: it may hold a key
  }
  throw new OperationalError(
    `${file} is no file of keys: it must be a JSON array, as \`oncelog keys create\` makes it`,
  );
}

function isEntry(entry: unknown): entry is KeyEntry {
  const { id, scopes } = (entry ?? {}) as Partial<KeyEntry>;
  return typeof id === 'string' && Array.isArray(scopes);
}

/**
 * Replaces a file of keys. Who reads it meanwhile reads all of the old ones, or all of the new ones. A new file is its owner's
 * alone; one that is there keeps its owner and its mode, which a container may need.
 */
export function writeKeyFile(file: string, entries: readonly KeyEntry[]): void {
  const before = statOf(file);
  const target = before === undefined ? file : realpathSync(file);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}`);
  const mode = before === undefined ? OWNER_ONLY : before.mode & 0o777;
  const opened = openSync(temporary, 'wx', OWNER_ONLY);
  try {
    writeSync(opened, `${JSON.stringify(entries, undefined, 2)}\n`);
    fchmodSync(opened, mode);
    fsyncSync(opened);
    closeSync(opened);
    if (before !== undefined && before.uid !== process.getuid?.())
      chownSync(temporary, before.uid, before.gid);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function statOf(file: string): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false });
}
