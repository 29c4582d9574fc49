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
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
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
  writeFileSync(`${file}.new`, text);
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

/** Commands to Redis in its inline form, words with spaces between: what all of them answer. */
function command(address, lines) {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port) });
    let answer = '';
    const end = (settle, value) => {
      socket.destroy();
      settle(value);
    };
    let connected = false;
    const nobody = () => end(resolve, 'no Redis runs there'); // it reads the file when it starts
    socket.setTimeout(DEADLINE_MS, () => {
      if (connected) end(reject, new Error(`${address} does not answer`));
      else nobody(); // a name that nobody has, where the resolver takes its time to say so
    });
    socket.on('error', nobody);
    socket.on('connect', () => {
      connected = true;
      socket.write(lines.map((line) => `${line}\r\n`).join(''));
    });
    socket.on('data', (chunk) => {
      answer += chunk;
      const refused = /^-(.*)\r\n/m.exec(answer);
      if (refused) end(reject, new Error(`${address} refuses: ${refused[1].replace(/\.$/, '')}`));
      else if (answer === '+OK\r\n'.repeat(lines.length)) end(resolve, 'reloaded');
    });
    // it may end our own connection, the user of which has changed
    socket.on('close', () => end(resolve, 'reloaded'));
  });
}

function fail(why) {
  process.stderr.write(`secrets: ${why}\n`);
  process.exit(1);
}

if (folder === undefined) {
  process.stderr.write(
    'usage: node infra/secrets.mjs FOLDER [--rotate] [--prefix PREFIX] [--readable] [--reload HOST:PORT]\n',
  );
  process.exit(2);
}
mkdirSync(folder, { recursive: true, mode: modes.folder });
const known = read('broker/operator-password'); // what a Redis that runs already knows
const reloads = flags.reload !== undefined && known !== undefined;
const logIn = `AUTH operator ${known}`;
if (reloads && flags.rotate)
  await command(flags.reload, [logIn]).catch(({ message }) => fail(`${message}. Nothing is changed.`));
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
if (reloads) {
  const heard = await command(flags.reload, [logIn, 'ACL LOAD']).catch(({ message }) => {
    const remedy = `${message}. Start Redis again: it reads users.acl then.`;
    return flags.rotate ? fail(remedy) : remedy;
  });
  process.stdout.write(`secrets: ${heard}\n`);
}
