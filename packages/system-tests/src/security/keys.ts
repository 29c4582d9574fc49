import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ONCELOG = fileURLToPath(new URL('../../../cli/bin/oncelog.mjs', import.meta.url));

const run = promisify(execFile);

/** Makes a key as operators do: `oncelog keys create`. */
export async function createKey(file: string, ...options: string[]): Promise<string> {
  const args = [ONCELOG, 'keys', 'create', '--file', file, ...options];
  return (await run(process.execPath, args)).stdout.trim();
}

export async function removeKey(file: string, key: string): Promise<void> {
  await run(process.execPath, [ONCELOG, 'keys', 'remove', '--file', file, idOf(key)]);
}

export const idOf = (key: string): string => key.slice('olk_'.length, 'olk_'.length + 12);

/** What nobody but its owner may see. */
export const secretOf = (key: string): string => key.slice('olk_'.length + 13);

export const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
