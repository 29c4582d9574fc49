import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isExecutable } from '../process/executable.ts';
import { runCommand } from '../process/run-command.ts';
import { StackError } from '../stack-error.ts';

export interface InstallOptions {
  /** Where our own link to the server goes, where one is needed. */
  readonly binDir: string;
  /** The folders in which package managers are looked for, as in PATH. */
  readonly path: string;
  readonly log: (line: string) => void;
  /** Default: whether we are. */
  readonly isRoot?: boolean;
}

interface PackageManager {
  readonly program: string;
  readonly needsRoot: boolean;
  /** What a person would type. */
  readonly advice: string;
  /** Run in turn until one succeeds. */
  readonly attempts: readonly string[];
}

const aptInstall = 'apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends redis-tools';

const packageManagers: readonly PackageManager[] = [
  {
    program: 'apt-get',
    needsRoot: true,
    advice: 'apt-get install redis-tools',
    attempts: [aptInstall, `apt-get -o DPkg::Lock::Timeout=120 update -qq && ${aptInstall}`],
  },
  {
    program: 'dnf',
    needsRoot: true,
    advice: 'dnf install valkey',
    attempts: ['dnf install -y -q valkey', 'dnf install -y -q redis'],
  },
  { program: 'yum', needsRoot: true, advice: 'yum install redis', attempts: ['yum install -y -q redis'] },
  {
    program: 'apk',
    needsRoot: true,
    advice: 'apk add valkey',
    attempts: ['apk add -q --no-cache valkey', 'apk add -q --no-cache redis'],
  },
  {
    program: 'pacman',
    needsRoot: true,
    advice: 'pacman -S valkey',
    attempts: ['pacman -S --noconfirm --needed valkey'],
  },
  { program: 'brew', needsRoot: false, advice: 'brew install redis', attempts: ['brew install -q redis'] },
];

/** Installs a Redis server, never started as a service. Throws a StackError that says what to type when it cannot. */
export async function installRedis(options: InstallOptions): Promise<void> {
  const { binDir, path, log, isRoot = process.getuid?.() === 0 } = options;
  if (await linkRedisTools(binDir, path)) return;
  const manager = packageManagers.find(({ program }) => findProgram(program, path) !== undefined);
  const advice = manager
    ? `run "${manager.needsRoot ? 'sudo ' : ''}${manager.advice}"`
    : 'install Redis 7 or newer';
  const missing = (reason: string) =>
    new StackError(
      `Redis is missing${reason}: ${advice} and start again, or set REDIS_URL to a server of your own`,
    );
  if (manager === undefined) throw missing('');
  const asRoot = manager.needsRoot && !isRoot ? await sudoPrefix(path) : [];
  if (asRoot === undefined) throw missing(' and only root can install it');
  for (const attempt of manager.attempts) {
    log(`installing Redis (${attempt}) …`);
    const env = { ...process.env, PATH: path };
    const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'sh', '-c', attempt];
    const [program = 'env', ...args] = [...asRoot, ...command];
    const { code, output } = await runCommand(program, args, { env });
    if (code === 0) {
      await linkRedisTools(binDir, path);
      return;
    }
    log(`that failed: ${output.trim().split('\n').slice(-2).join(' | ')}`);
  }
  throw missing(' and could not be installed');
}

/** What to put before a command so that root runs it for us; undefined where that would need a password. */
async function sudoPrefix(path: string): Promise<string[] | undefined> {
  const { code } = await runCommand('sudo', ['-n', 'true'], { env: { ...process.env, PATH: path } });
  return code === 0 ? ['sudo', '-n'] : undefined;
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

function findProgram(name: string, path: string): string | undefined {
  const files = path.split(delimiter).map((dir) => join(dir, name));
  return files.find(isExecutable);
}
