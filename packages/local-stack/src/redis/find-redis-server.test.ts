import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { findRedisServer } from './find-redis-server.ts';

/** A program that prints what `redis-server --version` of that version does. */
function pretendServer(dir: string, name: string, version: string): string {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, name);
  writeFileSync(
    file,
    `#!/bin/sh\necho "Redis server v=${version} sha=00000000:0 malloc=jemalloc-5.2.1 bits=64"\n`,
  );
  chmodSync(file, 0o755);
  return file;
}

function setUp() {
  const dir = temporaryFolder();
  const install = vi.fn(async () => {});
  return { first: join(dir, 'first'), second: join(dir, 'second'), binDir: join(dir, 'cache/bin'), install };
}

it('takes the first of PATH that is new enough, and installs nothing', async () => {
  const { first, second, binDir, install } = setUp();
  pretendServer(first, 'redis-server', '6.0.16');
  const valkey = pretendServer(first, 'valkey-server', '8.1.1');
  pretendServer(second, 'redis-server', '7.4.0');
  expect(await findRedisServer({ path: `${first}:${second}`, binDir, install })).toBe(valkey);
  expect(install).not.toHaveBeenCalled();
});

it('uses what it has installed before', async () => {
  const { first, binDir, install } = setUp();
  const earlier = pretendServer(binDir, 'redis-server', '7.0.15');
  expect(await findRedisServer({ path: first, binDir, install })).toBe(earlier);
  expect(install).not.toHaveBeenCalled();
});

it('installs when there is none; one of several that look at the same time does', async () => {
  const { first, binDir, install } = setUp();
  install.mockImplementation(async () => {
    pretendServer(binDir, 'redis-server', '7.0.15');
  });
  const options = { path: first, binDir, install };
  const found = await Promise.all([findRedisServer(options), findRedisServer(options)]);
  expect(found).toEqual([join(binDir, 'redis-server'), join(binDir, 'redis-server')]);
  expect(install).toHaveBeenCalledTimes(1);
});

it('says what is too old when nothing newer can be had', async () => {
  const { first, binDir, install } = setUp();
  const old = pretendServer(first, 'redis-server', '6.0.16');
  await expect(findRedisServer({ path: first, binDir, install })).rejects.toThrow(
    `Redis 7 or newer (or Valkey 8) is needed (${old} is version 6): install it, or set REDIS_URL`,
  );
});
