import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findOrInstall, findProgram, installSystemPackage, type SystemPackage } from '@oncelog/local-stack';

export interface FindChromiumOptions {
  /** Default: our own environment. `CHROMIUM_PATH` names a browser to use instead of looking for one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Installs one; default: with the system's package manager. */
  readonly install?: (path: string) => Promise<void>;
  /** Browsers to look for beyond PATH; default: where macOS has its applications. */
  readonly applications?: readonly string[];
  /** Told what is being done, when that takes time. */
  readonly log?: (line: string) => void;
}

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const APPLICATIONS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const chromium: SystemPackage = {
  title: 'Chromium',
  names: { 'apt-get': ['chromium'], dnf: ['chromium'], apk: ['chromium'], pacman: ['chromium'] },
  otherwise: 'install Chromium or Google Chrome',
  instead: 'set CHROMIUM_PATH to one',
};

const cacheDir = fileURLToPath(new URL('../../../../.cache', import.meta.url));

/**
 * The path of a Chromium or Google Chrome: `CHROMIUM_PATH`, else from PATH, else installed with the system's package
 * manager. Throws an error that says how to install one when all of that fails.
 */
export async function findChromium(options: FindChromiumOptions = {}): Promise<string> {
  const { env = process.env, applications = APPLICATIONS, log = () => {} } = options;
  const given = env['CHROMIUM_PATH'];
  if (given !== undefined) {
    if (existsSync(given)) return given;
    throw new Error(`CHROMIUM_PATH must be the path of a browser, but there is no ${given}`);
  }
  const path = env['PATH'] ?? '';
  const install = options.install ?? ((folders) => installSystemPackage(chromium, { path: folders, log }));
  const search = async () =>
    PROGRAMS.map((name) => findProgram(name, path)).find((program) => program !== undefined) ??
    applications.find(existsSync);
  const found = await findOrInstall(cacheDir, search, () => install(path));
  if (found !== undefined) return found;
  throw new Error('Chromium is missing, although it was installed: set CHROMIUM_PATH to where it is');
}
