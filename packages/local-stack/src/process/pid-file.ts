import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identify } from './process-table.ts';

/**
 * Records a running process: `<name>.pid` holds the pid and a newline, for people and tools; `<name>.process` beside it
 * also says when the process began, so that a supervisor that finds it later cannot take a stranger with the same
 * pid for it. Synchronous: a process must not run unrecorded.
 */
export function recordProcess(pidFile: string, pid: number): void {
  mkdirSync(dirname(pidFile), { recursive: true });
  writeWhole(identityFile(pidFile), `${identify(pid) ?? ''}\n`);
  writeWhole(pidFile, `${pid}\n`);
}

/** Removes the record. */
export function forgetProcess(pidFile: string): void {
  rmSync(pidFile, { force: true });
  rmSync(identityFile(pidFile), { force: true });
}

export interface RecordedProcess {
  readonly name: string;
  readonly pidFile: string;
  readonly pid: number;
  /** As `identify` gave it when the process was started. */
  readonly identity: string;
}

/** Every record in the folder, those of processes long gone too. */
export function recordedProcesses(dir: string): RecordedProcess[] {
  const names = readdirSync(dir).filter((file) => file.endsWith('.pid'));
  return names.sort().map((file) => {
    const pidFile = join(dir, file);
    const identity = readLine(identityFile(pidFile)) ?? '';
    return { name: file.slice(0, -'.pid'.length), pidFile, pid: Number.parseInt(identity, 10), identity };
  });
}

function identityFile(pidFile: string): string {
  return pidFile.replace(/\.pid$/, '.process');
}

/** A reader sees all of it or the file as it was. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

function readLine(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
