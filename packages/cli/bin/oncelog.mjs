#!/usr/bin/env node
/**
 * The command `oncelog`. It runs what is compiled, and compiles it where that is missing. No dependencies of its own: it must
 * get as far as saying what to do.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
const root = fileURLToPath(new URL('../../../', import.meta.url));

const say = (line) => process.stderr.write(`oncelog: ${line}\n`);

/** @returns what is wrong with this Node.js, if anything */
function tooOld() {
  const { node } = process.versions;
  const [major, minor] = node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return undefined;
  return `Node.js 20.19 or newer is needed, this is ${node}: install it from https://nodejs.org`;
}

/** @returns what went wrong, if anything */
function build() {
  const binDir = join(root, 'node_modules', '.bin');
  if (!existsSync(join(binDir, 'turbo'))) {
    return `nothing is installed yet: run \`npm run demo\` or \`npm start\` in ${root} once, which installs and builds everything`;
  }
  say('building what is missing …');
  const args = [
    'run',
    'build',
    '--filter=oncelog',
    '--filter=@oncelog/publisher',
    '--output-logs=errors-only',
  ];
  const { status, error, stdout, stderr } = spawnSync('turbo', args, {
    cwd: root,
    env: {
      ...process.env,
      PATH: binDir + delimiter + (process.env.PATH || ''),
      TURBO_TELEMETRY_DISABLED: '1',
    },
    encoding: 'utf8',
  });
  if (status === 0 && existsSync(main)) return undefined;
  process.stderr.write(`${stdout || ''}${stderr || ''}`);
  return `it could not be built${error === undefined ? '' : `: ${error.message}`}; what was said stands above`;
}

const problem = tooOld() ?? (existsSync(main) ? undefined : build());
if (problem === undefined) {
  await import(main.href);
} else {
  say(problem);
  process.exitCode = 1;
}
