import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestSql } from '@oncelog/event-store/testing';
import { startPostgres } from '@oncelog/local-stack';
import { afterAll, expect, it, type TestContext, vi } from 'vitest';
import { type FaultSystem, openFaultSystem, survives } from './fault-system.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

/** The disks of the stores run full, one by one: each store has a small one of its own. */
const postgresDisk = mountSmallDisk(160);
const redisDisk = mountSmallDisk(16);
let opened: { system: FaultSystem; dataDir: string } | undefined;

afterAll(async () => {
  await opened?.system.close();
  if (opened) rmSync(opened.dataDir, { recursive: true });
  for (const mount of [postgresDisk, redisDisk]) if (mount.outcome === 'mounted') mount.disk.remove();
});

/** The system, with a disk that can be filled; without the right to mount one, the test says so and is skipped. */
async function prepare(
  { skip }: TestContext,
  which: 'postgres' | 'redis',
): Promise<{ system: FaultSystem; disk: SmallDisk }> {
  if (postgresDisk.outcome === 'not-permitted') return skip(postgresDisk.reason);
  if (redisDisk.outcome === 'not-permitted') return skip(redisDisk.reason);
  opened ??= await openOnDisks(postgresDisk.disk, redisDisk.disk);
  return { system: opened.system, disk: which === 'postgres' ? postgresDisk.disk : redisDisk.disk };
}

async function openOnDisks(
  postgres: SmallDisk,
  redis: SmallDisk,
): Promise<{ system: FaultSystem; dataDir: string }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'oncelog-full-'));
  // a cluster is made under another name and moved, which cannot be done to the root of a disk
  const clusterDir = join(postgres.dir, 'cluster');
  const settings = { min_wal_size: '32MB', max_wal_size: '48MB' };
  const server = await startPostgres({ clusterDir, logFile: join(dataDir, 'logs/initial.log') });
  const sql = openTestSql(server.url);
  for (const [name, value] of Object.entries(settings))
    await sql.unsafe(`ALTER SYSTEM SET ${name} = '${value}'`);
  await sql.end();
  await server.stop();
  symlinkSync(clusterDir, join(dataDir, 'postgres'));
  cpSync(`${clusterDir}.password`, join(dataDir, 'postgres.password'));
  symlinkSync(redis.dir, join(dataDir, 'redis'));
  return { dataDir, system: await openFaultSystem({ dataDir }) };
}

it('survives that the disk of Postgres is full', async (context) => {
  const { system, disk } = await prepare(context, 'postgres');
  await survives(system, {
    inject: async (load) => {
      disk.fill();
      await vi.waitFor(() => expect(system.logged()).toMatch(/could not apply, trying again/), 60_000);
      await load.acknowledges(20);
      expect(load.answers.refused).toBe(0);
      expect(load.gatheredAnswers.refused).toBe(0);
      disk.free();
    },
    logs: { postgres: /No space left on device/ },
  });
});

it('survives that the disk of the append-only file is full: Redis exits rather than to acknowledge', async (context) => {
  const { system, disk } = await prepare(context, 'redis');
  await survives(system, {
    inject: async (load) => {
      disk.fill();
      await load.isRefused(8);
      await expect.poll(() => system.exits(), { timeout: 20_000 }).toContain('redis');
      disk.free();
    },
    restarts: ['redis'],
    logs: {
      redis: /Can't recover from AOF write error when the AOF fsync policy is 'always'/,
      gateway: /redis connection failed, reconnecting/,
    },
  });
});
