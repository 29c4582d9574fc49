import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findProgram } from '@oncelog/local-stack';

const run = promisify(execFile);
const packagesFolder = fileURLToPath(new URL('../../../', import.meta.url));

/** An empty project of somebody else, outside the repository, who has Node.js and npm. */
export interface OutsideProject {
  readonly folder: string;
  /** Runs a program of the machine in the project. Rejects, with what it wrote, where it fails. */
  run(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Output>;
  write(name: string, text: string): void;
  close(): void;
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Packs our packages as `npm pack` does and installs them there, together with packages of others.
 */
export async function outsideProject(
  ours: readonly string[],
  others: readonly string[],
): Promise<OutsideProject> {
  const folder = mkdtempSync(join(tmpdir(), 'oncelog-outside-'));
  const env = { ...process.env, PATH: outsidePath() };
  const project: OutsideProject = {
    folder,
    run: (program, args, more = {}) =>
      run(findProgram(program, env.PATH) ?? program, args, {
        cwd: folder,
        env: { ...env, ...more },
        maxBuffer: 64 * 1024 * 1024,
      }),
    write: (name, text) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
  try {
    const dependencies: Record<string, string> = {};
    for (const name of ours) Object.assign(dependencies, await packed(project, name));
    Object.assign(dependencies, versionsOf(others));
    project.write(
      'package.json',
      JSON.stringify({ name: 'outside', private: true, type: 'module', dependencies }),
    );
    const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    await project.run('npm', ['install', ...quiet]);
    return project;
  } catch (error) {
    project.close();
    throw error;
  }
}

/** The machine's own programs: not those that a package manager has put in front of them for us. */
function outsidePath(): string {
  const folders = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((path) => !path.includes('node_modules'));
  return folders.join(delimiter);
}

async function packed(project: OutsideProject, name: string): Promise<Record<string, string>> {
  const source = join(packagesFolder, name);
  const args = ['pack', source, '--json', '--pack-destination', project.folder, '--ignore-scripts'];
  const { stdout } = await project.run('npm', args);
  const [result] = JSON.parse(stdout) as [{ name: string; filename: string }];
  return { [result.name]: `file:./${result.filename}` };
}

/** Packages of others, in the versions that our own packages use. */
function versionsOf(names: readonly string[]): Record<string, string> {
  const users = ['pino-transport', 'system-tests'].map((user) => join(packagesFolder, user, 'node_modules'));
  const version = (name: string): string => {
    const path = users
      .map((folder) => join(folder, name, 'package.json'))
      .find((candidate) => existsSync(candidate));
    if (path === undefined) throw new Error(`none of our packages has ${name}`);
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  };
  return Object.fromEntries(names.map((name) => [name, version(name)]));
}
