import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../process/run-command.ts';
import {
  findProgram,
  type InstallOptions,
  installSystemPackage,
  type SystemPackage,
} from '../system-package.ts';

export interface InstallRedisOptions extends InstallOptions {
  /** Where our own link to the server goes, where one is needed. */
  readonly binDir: string;
}

const redis: SystemPackage = {
  title: 'Redis',
  names: {
    'apt-get': ['redis-tools'],
    dnf: ['valkey', 'redis'],
    yum: ['redis'],
    apk: ['valkey', 'redis'],
    pacman: ['valkey'],
    brew: ['redis'],
  },
  otherwise: 'install Redis 7 or newer',
  instead: 'set REDIS_URL to a server of your own',
};

/** Installs a Redis server, never started as a service. Throws a StackError that says what to type when it cannot. */
export async function installRedis({ binDir, ...options }: InstallRedisOptions): Promise<void> {
  if (await linkRedisTools(binDir, options.path)) return;
  await installSystemPackage(redis, options);
  await linkRedisTools(binDir, options.path);
}

/**
 * Debian's package `redis-server` starts a daemon on the default port when it is installed, which nobody asked for. Its package
 * `redis-tools` holds the same program under another name: redis-check-rdb, redis-check-aof and redis-server are one
 * binary that looks at the name it is called by. So a link with the right name is all it takes. False where there is no
 * redis-check-rdb, or where it is a program of its own.
 */
async function linkRedisTools(binDir: string, path: string): Promise<boolean> {
  const program = findProgram('redis-check-rdb', path);
  if (program === undefined) return false;
  const link = join(binDir, 'redis-server');
  mkdirSync(binDir, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(program, link);
  const { output } = await runCommand(link, ['--version']);
  if (output.includes('server v=')) return true;
  rmSync(link, { force: true });
  return false;
}
