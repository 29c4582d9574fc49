import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type CommandOptions, runCommand } from '../process/run-command.ts';
import { StackError } from '../stack-error.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { Launcher, ServerUser } from './server-user.ts';

/** The superuser and the database of the cluster bear the same name. */
export const CLUSTER_NAME = 'oncelog';

export interface Cluster {
  readonly dir: string;
  readonly passwordFile: string;
  readonly password: string;
}

export interface ClusterOptions {
  readonly clusterDir: string;
  /** False for throw-away clusters: their files need not reach the disk. Default true. */
  readonly durable?: boolean;
}

/**
 * The database cluster in `clusterDir`, made when there is none: UTF-8, locale C.UTF-8 of PostgreSQL itself (the same
 * order everywhere), password authentication, one empty database. The random password is kept beside it in
 * `<clusterDir>.password`, readable by us only.
 */
export async function ensureCluster(
  { binaries, launcher }: { binaries: PostgresBinaries; launcher: Launcher },
  { clusterDir, durable = true }: ClusterOptions,
): Promise<Cluster> {
  const passwordFile = `${clusterDir}.password`;
  if (existsSync(clusterDir)) return { dir: clusterDir, passwordFile, password: readPassword(clusterDir) };

  const password = randomBytes(24).toString('base64url');
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  // The cluster appears under its name only when it is complete: a start that is killed half way leaves nothing to trip over.
  const draft = `${clusterDir}.new`;
  rmSync(draft, { recursive: true, force: true });
  makeOwnedDir(draft, launcher.user);
  const run = (program: string, args: string[], input?: string) => {
    const line = launcher.commandLine(program, args);
    const options: CommandOptions = {
      ...(launcher.spawnAs ? { user: launcher.spawnAs } : {}),
      ...(input === undefined ? {} : { input }),
    };
    return runCommand(line.command, line.args, options);
  };
  await initialise(run, { binaries, draft, password, launcher, durable });
  renameSync(draft, clusterDir);
  return { dir: clusterDir, passwordFile, password };
}

type Run = (
  program: string,
  args: string[],
  input?: string,
) => Promise<{ code: number | null; output: string }>;

async function initialise(
  run: Run,
  input: {
    binaries: PostgresBinaries;
    draft: string;
    password: string;
    launcher: Launcher;
    durable: boolean;
  },
): Promise<void> {
  const { binaries, draft, password, launcher, durable } = input;
  const passwordCopy = `${draft}.password`;
  rmSync(passwordCopy, { force: true });
  writeFileSync(passwordCopy, password, { mode: 0o600 });
  if (launcher.user) chownSync(passwordCopy, launcher.user.uid, launcher.user.gid);
  const sync = durable ? [] : ['--no-sync'];
  const made = await run(binaries.initdb, [
    ...['--pgdata', draft, '--username', CLUSTER_NAME, '--pwfile', passwordCopy],
    ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C'],
    ...['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--no-instructions', ...sync],
  ]);
  rmSync(passwordCopy, { force: true });
  if (made.code !== 0) throw initialisationFailed(made.output);
  const created = await run(
    binaries.postgres,
    ['--single', '-D', draft, ...(durable ? [] : ['-F']), 'template1'],
    `CREATE DATABASE ${CLUSTER_NAME};\n`,
  );
  if (created.code !== 0) throw initialisationFailed(created.output);
}

function makeOwnedDir(dir: string, owner: ServerUser | undefined): void {
  mkdirSync(dir, { mode: 0o700 });
  if (owner) chownSync(dir, owner.uid, owner.gid);
}

function readPassword(clusterDir: string): string {
  try {
    return readFileSync(`${clusterDir}.password`, 'utf8').trim();
  } catch (cause) {
    throw new StackError(
      `${clusterDir}.password cannot be read: restore it, or remove ${clusterDir} to start with an empty database`,
      { cause },
    );
  }
}

function initialisationFailed(output: string): StackError {
  const detail = output.trim().split('\n').slice(-3).join(' | ');
  return new StackError(
    `The embedded PostgreSQL does not run on this machine; set DATABASE_URL to use your own (${detail})`,
  );
}
