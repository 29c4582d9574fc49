import { delimiter, join } from 'node:path';
import { isExecutable } from './process/executable.ts';
import { withLock } from './process/lock-file.ts';
import { runCommand } from './process/run-command.ts';
import { StackError } from './stack-error.ts';

type PackageManager = 'apt-get' | 'dnf' | 'yum' | 'apk' | 'pacman' | 'brew';

export interface SystemPackage {
  /** What people call it, for messages: `Redis`. */
  readonly title: string;
  /** The package's names by package manager; they are tried in turn. A manager that is not named has no such package. */
  readonly names: Readonly<Partial<Record<PackageManager, readonly [string, ...string[]]>>>;
  /** What to do where there is none of these package managers: `install Redis 7 or newer`. */
  readonly otherwise: string;
  /** What to do instead of installing it: `set REDIS_URL to a server of your own`. */
  readonly instead: string;
}

export interface InstallOptions {
  /** The folders in which package managers are looked for, as in PATH. */
  readonly path: string;
  /** Told what is being done. */
  readonly log: (line: string) => void;
  /** Default: whether we are. */
  readonly isRoot?: boolean;
}

/** How to install a package with each manager, in the order in which they are looked for. */
const installCommands: Record<PackageManager, (name: string) => string> = {
  'apt-get': (name) => `apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends ${name}`,
  dnf: (name) => `dnf install -y -q ${name}`,
  yum: (name) => `yum install -y -q ${name}`,
  apk: (name) => `apk add -q --no-cache ${name}`,
  pacman: (name) => `pacman -S --noconfirm --needed ${name}`,
  brew: (name) => `brew install -q ${name}`,
};

/** What a person would type. */
const advice: Record<PackageManager, (name: string) => string> = {
  'apt-get': (name) => `sudo apt-get install ${name}`,
  dnf: (name) => `sudo dnf install ${name}`,
  yum: (name) => `sudo yum install ${name}`,
  apk: (name) => `sudo apk add ${name}`,
  pacman: (name) => `sudo pacman -S ${name}`,
  brew: (name) => `brew install ${name}`,
};

/** Installs a package with the system's package manager. Throws a StackError that says what to type when it cannot. */
export async function installSystemPackage(wanted: SystemPackage, options: InstallOptions): Promise<void> {
  const { path, log, isRoot = process.getuid?.() === 0 } = options;
  const manager = findManager(wanted, path);
  const names = manager === undefined ? [] : (wanted.names[manager] ?? []);
  const [first] = names;
  const missing = (reason: string) => {
    const todo =
      manager === undefined || first === undefined ? wanted.otherwise : `run "${advice[manager](first)}"`;
    return new StackError(
      `${wanted.title} is missing${reason}: ${todo} and start again, or ${wanted.instead}`,
    );
  };
  if (manager === undefined) throw missing('');
  const asRoot = manager === 'brew' || isRoot ? [] : await sudoPrefix(path);
  if (asRoot === undefined) throw missing(' and only root can install it');
  for (const attempt of attempts(manager, names)) {
    log(`installing ${wanted.title} (${attempt}) …`);
    const env = { ...process.env, PATH: path };
    const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'sh', '-c', attempt];
    const [program = 'env', ...args] = [...asRoot, ...command];
    const { code, output } = await runCommand(program, args, { env });
    if (code === 0) return;
    log(`that failed: ${output.trim().split('\n').slice(-2).join(' | ')}`);
  }
  throw missing(' and could not be installed');
}

/**
 * What `search` finds; where that is nothing, what it finds after `install`. Test suites start side by side, and package
 * managers don't like company: under the lock in `cacheDir` one installs at a time, and the next looks again before it does.
 */
export async function findOrInstall<Found>(
  cacheDir: string,
  search: () => Promise<Found | undefined>,
  install: () => Promise<void>,
): Promise<Found | undefined> {
  const present = await search();
  if (present !== undefined) return present;
  return withLock(join(cacheDir, 'install-package.lock'), async () => {
    const meanwhile = await search();
    if (meanwhile !== undefined) return meanwhile;
    await install();
    return search();
  });
}

/** The first program of that name in the folders of `path`. */
export function findProgram(name: string, path: string): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function findManager({ names }: SystemPackage, path: string): PackageManager | undefined {
  const managers = Object.keys(installCommands) as PackageManager[];
  return managers.find((manager) => names[manager] !== undefined && findProgram(manager, path) !== undefined);
}

/** Run in turn until one succeeds. A fresh Debian has no lists of packages yet: there the second one fetches them. */
function attempts(manager: PackageManager, names: readonly string[]): string[] {
  const installs = names.map(installCommands[manager]);
  if (manager !== 'apt-get') return installs;
  const update = 'apt-get -o DPkg::Lock::Timeout=120 update -qq';
  return [...installs, ...installs.map((install) => `${update} && ${install}`)];
}

/** What to put before a command so that root runs it for us; undefined where that would need a password. */
async function sudoPrefix(path: string): Promise<string[] | undefined> {
  const { code } = await runCommand('sudo', ['-n', 'true'], { env: { ...process.env, PATH: path } });
  return code === 0 ? ['sudo', '-n'] : undefined;
}
