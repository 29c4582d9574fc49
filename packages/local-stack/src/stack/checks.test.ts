import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findFreePort } from '../process/free-port.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { ensurePortIsFree, ensureWritable, lockDataDir } from './checks.ts';

it('makes a data folder, and leaves no trace of the check', () => {
  const dir = join(temporaryFolder(), 'deep/data');
  ensureWritable(dir);
  expect(existsSync(join(dir, 'run'))).toBe(true);
});

it('says what to do about a folder that cannot be written to', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  // Both hold for root as well, whom permissions do not stop.
  expect(() => ensureWritable(join(file, 'data'))).toThrow(
    `Cannot write to ${file}/data (ENOTDIR): give this user write permission, or set DATA_DIR to another folder`,
  );
  expect(() => ensureWritable('/proc/oncelog')).toThrow('or set DATA_DIR to another folder');
});

it('says which port is taken', async () => {
  const port = await findFreePort();
  await ensurePortIsFree('127.0.0.1', port);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '0.0.0.0', resolve));
  await expect(ensurePortIsFree('127.0.0.1', port)).rejects.toThrow(
    `Port ${port} is taken: stop what listens there, or set PORT to another port`,
  );
  await new Promise((resolve) => server.close(resolve));
});

it('names HOST when that is no address of this machine', async () => {
  await expect(ensurePortIsFree('192.0.2.1', 8080)).rejects.toThrow(
    'Cannot listen on 192.0.2.1:8080 (EADDRNOTAVAIL): correct HOST or PORT',
  );
});

it('waits for a predecessor on its way out', async () => {
  const dir = temporaryFolder();
  ensureWritable(dir);
  const lines: string[] = [];
  const release = await lockDataDir(dir, () => {});
  const second = lockDataDir(dir, (line) => {
    lines.push(line);
    release();
  });
  (await second)();
  expect(lines).toEqual([`waiting for another oncelog over ${dir} (pid ${process.pid}) to stop …`]);
});

it('refuses to run a second supervisor over the same folder', async () => {
  const dir = temporaryFolder();
  ensureWritable(dir);
  const release = await lockDataDir(dir, () => {});
  await expect(lockDataDir(dir, () => {})).rejects.toThrow(
    `oncelog already runs over ${dir} (pid ${process.pid}): stop it first`,
  );
  release();
});
