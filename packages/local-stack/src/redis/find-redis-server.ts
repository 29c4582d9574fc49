import { delimiter, dirname, join } from 'node:path';
import { repositoryRoot } from '../paths.ts';
import { isExecutable } from '../process/executable.ts';
import { runCommand } from '../process/run-command.ts';
import { StackError } from '../stack-error.ts';
import { findOrInstall } from '../system-package.ts';
import { type InstallRedisOptions, installRedis } from './install-redis.ts';

/** Redis 7.0 and Valkey 8 are the oldest that have what the streams need. */
const OLDEST_MAJOR = 7;

export interface FindRedisOptions {
  /** The folders to look in, as in PATH. */
  readonly path?: string;
  /** Where a server that we install ourselves is put. */
  readonly binDir?: string;
  /** Installs a server; default: with the system's package manager. */
  readonly install?: (options: InstallRedisOptions) => Promise<void>;
  /** Told what is being done, when that takes time. */
  readonly log?: (line: string) => void;
}

/**
 * The path of a `redis-server` or `valkey-server`: from PATH, else from the repository's `.cache/bin`, else installed with
 * the system's package manager. Throws a StackError that says how to install it when all of that fails.
 */
export async function findRedisServer(options: FindRedisOptions = {}): Promise<string> {
  const { path = process.env['PATH'] ?? '', binDir = join(repositoryRoot, '.cache/bin') } = options;
  const { install = installRedis, log = () => {} } = options;
  const tooOld: string[] = [];
  const search = async (): Promise<string | undefined> => {
    for (const program of candidates(path, binDir)) {
      const major = await majorVersion(program);
      if (major !== undefined && major >= OLDEST_MAJOR) return program;
      if (major !== undefined) tooOld.push(`${program} is version ${major}`);
    }
    return undefined;
  };
  const found = await findOrInstall(dirname(binDir), search, () => install({ binDir, path, log }));
  if (found !== undefined) return found;
  const seen = tooOld.length > 0 ? ` (${[...new Set(tooOld)].join(', ')})` : '';
  throw new StackError(
    `Redis ${OLDEST_MAJOR} or newer (or Valkey 8) is needed${seen}: install it, or set REDIS_URL to a server of your own`,
  );
}

function candidates(path: string, binDir: string): string[] {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), binDir];
  return folders
    .flatMap((folder) => [join(folder, 'redis-server'), join(folder, 'valkey-server')])
    .filter(isExecutable);
}

/** Undefined when the program is not a Redis server at all. */
async function majorVersion(program: string): Promise<number | undefined> {
  const { code, output } = await runCommand(program, ['--version'], { timeoutMs: 5_000 });
  const version = /\bv=(\d+)\./.exec(output);
  return code === 0 && version ? Number(version[1]) : undefined;
}
