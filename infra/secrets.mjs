/**
 * Makes the secrets of an installation: random passwords, each in files of its own, so that every process can be given
 * just those that it needs. What is there already stays.
 *
 *   node infra/secrets.mjs FOLDER [--rotate] [--prefix PREFIX] [--readable] [--reload HOST:PORT]
 *
 *   FOLDER/gateway/    database-password, redis-password
 *   FOLDER/consumer/   database-password, redis-password
 *   FOLDER/migrate/    gateway-password, consumer-password   the same as the two database-passwords
 *   FOLDER/storage/    password                              of Postgres's superuser
 *   FOLDER/broker/     operator-password, users.acl          users.acl has hashes only
 *
 *   --rotate     new ones for all but Postgres's superuser, whose password counts when the cluster is made
 *   --prefix     of the keys in Redis; default: STREAM_PREFIX, or oncelog
 *   --readable   by every user, where the folders themselves are handed out (the volumes of Docker Compose)
 *   --reload     has the Redis that runs there take the new users.acl; where none runs, nothing happens. One that refuses
 *                knows older passwords: before new ones are made that is an error, and nothing changes; else it is told
 *
 * No dependencies. docker-compose.yml and packages/local-stack run it at every start.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const DEADLINE_MS = 5_000;
const TEMPLATE = new URL('redis/users.acl', import.meta.url);

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rotate: { type: 'boolean', default: false },
    prefix: { type: 'string', default: process.env.STREAM_PREFIX ?? 'oncelog' },
    readable: { type: 'boolean', default: false },
    reload: { type: 'string' },
  },
});
const [folder] = positionals;
const modes = flags.readable ? { file: 0o444, folder: 0o755 } : { file: 0o600, folder: 0o700 };

/** Whole or not at all: whoever reads meanwhile has the old one. */
function write(name, text) {
  const file = join(folder, name);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  mkdirSync(dirname(file), { recursive: true, mode: modes.folder });
  rmSync(`${file}.new`, { force: true }); // of a run that was killed
  writeFileSync(`${file}.new`, text, { mode: modes.file, flag: 'wx' });
  chmodSync(`${file}.new`, modes.file); // whatever the umask is
  renameSync(`${file}.new`, file);
}

function read(name) {
  const file = join(folder, name);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** The password in a file; a fresh one where there is none. Letters, digits, - and _: no URL or shell minds. */
function password(name, { rotate = flags.rotate } = {}) {
  const kept = rotate ? undefined : read(name);
  const value = kept || randomBytes(32).toString('base64url');
  write(name, value);
  return value;
}

function usersAcl(passwords) {
  const hashes = Object.entries(passwords).map(([user, value]) => [
    `{${user}}`,
    createHash('sha256').update(value).digest('hex'),
  ]);
  const filled = [['{prefix}', flags.prefix], ...hashes].reduce(
    (text, [place, value]) => text.replaceAll(place, value),
    readFileSync(TEMPLATE, 'utf8').replaceAll(/^\s*#.*\n/gm, ''),
  );
  return filled.replaceAll(/\n\s+/g, ' ').replaceAll(/^\n/gm, '');
}

/**
 * Sends commands to Redis in its inline form, words with spaces between.
 *
 * @returns whether a Redis runs there
 * @throws {Error} it does not do all of them
 */
function command(address, lines) {
  const { hostname, port } = new URL(`redis://${address}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) });
    let connected = false;
    let answer = '';
    const end = (settle, value) => {
      socket.destroy();
      settle(value);
    };
    const silent = () =>
      connected ? end(reject, new Error(`${address} does not answer`)) : end(resolve, false);
    // before there is a connection: a name that nobody has, where the resolver takes its time to say so
    socket.setTimeout(DEADLINE_MS, silent);
    socket.on('error', silent);
    socket.on('connect', () => {
      connected = true;
      socket.write(lines.map((line) => `${line}\r\n`).join(''));
    });
    socket.on('data', (chunk) => {
      answer += chunk;
      const refused = /^-(.*?)\.?\r\n/m.exec(answer);
      if (refused) end(reject, new Error(`${address} refuses: ${refused[1]}`));
      else if (answer === '+OK\r\n'.repeat(lines.length)) end(resolve, true);
    });
    // ACL LOAD may end our own connection, the user of which has changed
    socket.on('close', () => (answer === '+OK\r\n' ? end(resolve, true) : silent()));
  });
}

function fail(why) {
  process.stderr.write(`secrets: ${why}\n`);
  process.exit(1);
}

/** What each process is to know, in its folder. Redis's list of users has all of them. */
function writeAll() {
  for (const service of ['gateway', 'consumer'])
    write(`migrate/${service}-password`, password(`${service}/database-password`));
  // it counts when the cluster is made, and never again
  password('storage/password', { rotate: false });
  const users = {
    gateway: password('gateway/redis-password'),
    consumer: password('consumer/redis-password'),
    operator: password('broker/operator-password'),
  };
  write('broker/users.acl', usersAcl(users));
}

/** A Redis that runs is asked before anything changes, and told afterwards. */
async function writeAllAndReload(address, known) {
  const logIn = `AUTH operator ${known}`;
  if (flags.rotate)
    await command(address, [logIn]).catch(({ message }) => fail(`${message}. Nothing is changed.`));
  writeAll();
  try {
    const runs = await command(address, [logIn, 'ACL LOAD']);
    process.stdout.write(`secrets: ${runs ? 'reloaded' : 'no Redis runs there'}\n`);
  } catch ({ message }) {
    const remedy = `${message}. Start Redis again: it reads users.acl then.`;
    if (flags.rotate) fail(remedy);
    process.stdout.write(`secrets: ${remedy}\n`);
  }
}

if (folder === undefined) {
  process.stderr.write(
    'usage: node infra/secrets.mjs FOLDER [--rotate] [--prefix PREFIX] [--readable] [--reload HOST:PORT]\n',
  );
  process.exit(2);
}
if (!/^[\w-]+$/.test(flags.prefix)) fail('--prefix must consist of letters, digits, - and _');
mkdirSync(folder, { recursive: true, mode: modes.folder });
const known = read('broker/operator-password'); // what a Redis that runs already knows
if (flags.reload === undefined || known === undefined) writeAll();
else await writeAllAndReload(flags.reload, known);
