/**
 * What `npm start`, `npm run demo`, `npm run dev`, `npm test`, `npm run chaos` and `npm run bench` run: installs and
 * builds what is missing with nothing but Node.js 20.19 and npm, then hands over to the pinned runtime. No
 * dependencies, and nothing that Node.js 16 could not parse: it must get as far as saying that it is too old.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const binDir = join(root, 'node_modules', '.bin');
const stampFile = join(root, 'node_modules', '.oncelog-installed');
/** Programs that run from their sources, over what is built. */
const CHAOS = 'packages/system-tests/src/chaos/main.ts';
const BENCH = 'packages/bench/src/main.ts';
const STILL_AT_IT_MS = 20_000;
const PARENT_CHECK_MS = 500;

/** The child that runs at the moment. */
let current;
/** The first signal that came; no further step is begun after it. */
let stoppedBy;

const say = (line) => process.stderr.write(`oncelog: ${line}\n`);

/** A failure that needs no stack trace. */
class Refusal extends Error {}

async function main([command = 'start', ...args]) {
  refuseOldNode();
  passSignalsOn();
  const env = cleanEnvironment();
  await installIfNeeded(env);
  await quietly('turbo', ['run', 'build', '--output-logs=errors-only'], env);
  const stack = join(root, 'packages/local-stack/dist/main.js');
  const checks = {
    test: ['pnpm', 'run', 'check'],
    chaos: ['node', join(root, CHAOS)],
    bench: ['node', join(root, BENCH)],
  }[command];
  if (checks === undefined) {
    const code = await run('node', [stack, command, ...args], env, [...inherited, 'ipc']);
    if (code === exitCodeOf('SIGKILL'))
      say('the supervisor was killed; the next start stops what it has left');
    return code;
  }
  const prepared = await run('node', [stack, 'prepare'], env, inherited);
  if (prepared !== 0) return prepared;
  const [program, ...fixed] = checks;
  return run(program, [...fixed, ...args], env, inherited);
}

function refuseOldNode() {
  const { node } = process.versions;
  const [major, minor] = node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Refusal(`Node.js 20.19 or newer is needed, this is ${node}: install it from https://nodejs.org`);
}

/**
 * The environment without what npm puts there for scripts and pnpm would take for itself: npm's own paths and versions, and
 * the switches (omit, production) under which the tools that build and run everything would not be installed.
 */
function cleanEnvironment() {
  const kept =
    /^npm_config_(cache|userconfig|globalconfig|registry|(https?_|no)?proxy|cafile|ca|strict_ssl)$/i;
  const env = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^npm_/i.test(name) || (kept.test(name) && value !== '')) env[name] = value;
  }
  for (const name of ['INIT_CWD', 'NODE', 'COLOR']) delete env[name];
  env.PATH = binDir + delimiter + (process.env.PATH || '');
  env.TURBO_TELEMETRY_DISABLED = '1';
  return env;
}

async function installIfNeeded(env) {
  const wanted = dependenciesDigest();
  const installed = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : '';
  if (installed === wanted && existsSync(join(binDir, 'turbo'))) return;
  say(`installing dependencies (${installed === '' ? 'first run' : 'they have changed'}) …`);
  rmSync(stampFile, { force: true });
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { NODE_ENV: _, ...installEnv } = env;
  // CI: pnpm must not ask anything. Without a NODE_ENV, since `production` would leave out the tools.
  installEnv.CI = '1';
  await quietly('npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], installEnv);
  writeFileSync(stampFile, wanted);
}

/** Changes when an install would have something to do. */
function dependenciesDigest() {
  const packages = ['packages', 'services'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json')),
  );
  const digest = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...packages.sort()]) {
    if (existsSync(join(root, file))) digest.update(`\n${file}\n`).update(readFileSync(join(root, file)));
  }
  return digest.digest('hex');
}

const inherited = ['inherit', 'inherit', 'inherit'];

/** Runs a step, and shows what it said only when it failed. */
async function quietly(command, args, env) {
  let output = '';
  const startedAt = Date.now();
  const reminder = setInterval(() => {
    say(`still at it (${Math.round((Date.now() - startedAt) / 1000)} s) …`);
  }, STILL_AT_IT_MS);
  const collect = (stream) => stream.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await run(command, args, env, ['ignore', 'pipe', 'pipe'], collect);
  clearInterval(reminder);
  if (stoppedBy !== undefined) process.exit(exitCodeOf(stoppedBy));
  if (code === 0) return;
  process.stderr.write(output);
  throw new Refusal(`"${command} ${args.join(' ')}" failed; what it said stands above`);
}

/** Runs a command to its end and gives its exit code, 128 and more when it died of a signal. */
function run(command, args, env, stdio, collect = () => {}) {
  if (stoppedBy !== undefined) process.exit(exitCodeOf(stoppedBy));
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio });
    for (const stream of [child.stdout, child.stderr]) if (stream) collect(stream);
    current = child;
    child.once('error', (error) => reject(new Refusal(`cannot run ${command}: ${error.message}`)));
    child.once('close', (code, signal) => {
      current = undefined;
      resolve(code === null ? exitCodeOf(signal) : code);
    });
  });
}

const exitCodeOf = (signal) => 128 + constants.signals[signal];

/**
 * The child decides what a signal means and when it is done. It may get one twice, from the terminal and from here, and
 * knows about that. A package manager that was killed cannot pass anything on: when it is gone, that counts as SIGTERM.
 */
function passSignalsOn() {
  const passOn = (signal) => {
    if (stoppedBy === undefined) stoppedBy = signal;
    if (current !== undefined) current.kill(signal);
    else process.exit(exitCodeOf(signal));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn);
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined) return;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    passOn('SIGTERM');
  }, PARENT_CHECK_MS);
  watch.unref();
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(error instanceof Refusal ? error.message : error.stack);
  process.exitCode = 1;
}
