import { chmodSync, existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { installRedis } from './install-redis.ts';

/** Programs, by name and shell script, in a folder that stands before the real ones in PATH. */
function setUp(programs: Record<string, string>, { isRoot = true }: { isRoot?: boolean } = {}) {
  const dir = temporaryFolder();
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(dir, name), 0o755);
  }
  const lines: string[] = [];
  const calls = () =>
    existsSync(join(dir, 'calls')) ? readFileSync(join(dir, 'calls'), 'utf8').trim().split('\n') : [];
  const options = { binDir: join(dir, 'bin'), path: dir, log: (line: string) => lines.push(line), isRoot };
  return { install: () => installRedis(options), calls, lines, binDir: options.binDir };
}

const RECORD = 'echo "$(/usr/bin/basename "$0") $*" >> "$(/usr/bin/dirname "$0")/calls"';
const BASICS = { env: 'exec /usr/bin/env "$@"', sh: 'exec /bin/sh "$@"' };

it('tries the next package when the first is unknown, and says what it does', async () => {
  const dnf = `${RECORD}; [ "$4" = redis ]`;
  const { install, calls, lines } = setUp({ ...BASICS, dnf });
  await install();
  expect(calls()).toEqual(['dnf install -y -q valkey', 'dnf install -y -q redis']);
  expect(lines[0]).toBe('installing Redis (dnf install -y -q valkey) …');
});

it('uses sudo where that asks for no password', async () => {
  const sudo = `${RECORD}; shift; exec "$@"`;
  const { install, calls } = setUp({ ...BASICS, sudo, true: '', apk: RECORD }, { isRoot: false });
  await install();
  expect(calls().at(-1)).toBe('apk add -q --no-cache valkey');
  expect(calls().at(-2)).toMatch(/^sudo -n env DEBIAN_FRONTEND=noninteractive sh -c apk add/);
});

it('says what to type where only root could install it', async () => {
  const { install, calls } = setUp({ ...BASICS, 'apt-get': RECORD, sudo: 'exit 1' }, { isRoot: false });
  await expect(install()).rejects.toThrow(
    'Redis is missing and only root can install it: run "sudo apt-get install redis-tools" and start again, or set REDIS_URL to a server of your own',
  );
  expect(calls()).toEqual([]);
});

it('says what to type where the package manager fails', async () => {
  const { install, lines } = setUp({ ...BASICS, 'apt-get': 'echo "E: no network"; exit 100' });
  await expect(install()).rejects.toThrow('Redis is missing and could not be installed: run "sudo apt-get');
  expect(lines.at(-1)).toBe('that failed: E: no network');
});

it('asks for a Redis where it knows no package manager', async () => {
  await expect(setUp({}).install()).rejects.toThrow(
    'Redis is missing: install Redis 7 or newer and start again',
  );
});

// One binary for several names: it looks at the name it is called by.
const MULTI_CALL = 'case "$0" in */redis-server) echo "Redis server v=7.0.15";; *) exit 1;; esac';

it('links the redis-check-rdb that Debian puts into redis-tools, installed by us or before', async () => {
  const { install, calls, binDir } = setUp({ ...BASICS, 'apt-get': RECORD, 'redis-check-rdb': MULTI_CALL });
  await install();
  expect(readlinkSync(join(binDir, 'redis-server'))).toMatch(/redis-check-rdb$/);
  expect(calls()).toEqual([]);
});

it('does not take a redis-check-rdb that is a program of its own for a server', async () => {
  const { install, calls, binDir } = setUp({ ...BASICS, 'apt-get': RECORD, 'redis-check-rdb': 'exit 1' });
  await install();
  expect(existsSync(join(binDir, 'redis-server'))).toBe(false);
  expect(calls()[0]).toMatch(/install .* redis-tools$/);
});
