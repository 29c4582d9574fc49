import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { runCommand } from '../process/run-command.ts';
import { StackError } from '../stack-error.ts';

/** The user PostgreSQL runs as, where that is not ourselves. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** How to run a PostgreSQL program: as which user, through which command. */
export interface Launcher {
  readonly user?: ServerUser;
  /** The command line that runs `program`. */
  commandLine(program: string, args: readonly string[]): { command: string; args: string[] };
  /** Give as `user` when spawning. */
  readonly spawnAs?: { readonly uid: number; readonly gid: number };
}

const direct: Launcher = { commandLine: (command, args) => ({ command, args: [...args] }) };

/**
 * PostgreSQL refuses to run as root. As root it runs as the owner of the existing cluster, else as `postgres` or `nobody`.
 * That user often cannot reach a repository below /root; there it gets, on Linux, the one capability that lets
 * it pass through directories (and stays an ordinary user otherwise), so that nobody has to open up /root.
 */
export async function chooseLauncher(
  clusterDir: string,
  program: string,
  ourUid: number | undefined = process.getuid?.(),
): Promise<Launcher> {
  if (ourUid !== 0) return direct;
  const user = clusterOwner(clusterDir) ?? unprivilegedUser(readFileSync('/etc/passwd', 'utf8'));
  if (user === undefined) {
    throw new StackError(
      'PostgreSQL does not run as root and there is no user postgres or nobody: start as an ordinary user, or set DATABASE_URL',
    );
  }
  const spawnAs = { uid: user.uid, gid: user.gid };
  const plain: Launcher = { ...direct, user, spawnAs };
  const passable = isReachable(dirname(resolve(clusterDir)), user);
  if (passable && (await runs(plain, program))) return plain;
  for (const capability of ['dac_read_search', 'dac_override']) {
    const launcher = withCapability(user, capability);
    if (await runs(launcher, program)) return launcher;
  }
  // Nothing is in the user's way, so the program itself cannot run here.
  if (passable) return plain;
  throw new StackError(
    `PostgreSQL runs as user ${user.name}, who cannot reach ${clusterDir}: set DATA_DIR to a folder that every user can pass through, or start as an ordinary user`,
  );
}

/** `postgres`, else `nobody`, from the text of /etc/passwd. */
export function unprivilegedUser(passwd: string): ServerUser | undefined {
  const users = passwd.split('\n').map((line) => {
    const [name = '', , uid, gid] = line.split(':');
    return { name, uid: Number(uid), gid: Number(gid) };
  });
  const named = (name: string) => users.find((user) => user.name === name && user.uid > 0);
  return named('postgres') ?? named('nobody');
}

function clusterOwner(clusterDir: string): ServerUser | undefined {
  const found = statSync(clusterDir, { throwIfNoEntry: false });
  if (found === undefined || found.uid === 0) return undefined;
  return { name: `with id ${found.uid}`, uid: found.uid, gid: found.gid };
}

/** Whether the user may pass through every directory from the root down to `dir`. */
function isReachable(dir: string, user: ServerUser): boolean {
  const { uid, gid, mode } = statSync(dir);
  const executable = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & executable) === 0) return false;
  return dirname(dir) === dir || isReachable(dirname(dir), user);
}

async function runs(launcher: Launcher, program: string): Promise<boolean> {
  const { command, args } = launcher.commandLine(program, ['--version']);
  const { code } = await runCommand(command, args, launcher.spawnAs ? { user: launcher.spawnAs } : {});
  return code === 0;
}

/** `setpriv` (util-linux) drops root, keeps one capability and becomes the program, under the same pid. */
function withCapability(user: ServerUser, capability: string): Launcher {
  return {
    user,
    commandLine: (program, args) => ({
      command: 'setpriv',
      args: [
        `--reuid=${user.uid}`,
        `--regid=${user.gid}`,
        '--clear-groups',
        `--inh-caps=-all,+${capability}`,
        `--ambient-caps=-all,+${capability}`,
        // Without it access(2), with which initdb looks for its neighbours, would leave the capability out of account.
        '--securebits=+no_setuid_fixup',
        '--',
        program,
        ...args,
      ],
    }),
  };
}
