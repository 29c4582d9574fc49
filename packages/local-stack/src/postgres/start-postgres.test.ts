import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { poll } from '../process/poll.ts';
import { identify } from '../process/process-table.ts';
import { runCommand } from '../process/run-command.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { findPostgresBinaries } from './binaries.ts';
import { probePostgres } from './probe.ts';
import { type PostgresOptions, preparePostgres, startPostgres } from './start-postgres.ts';

function optionsIn(dir: string) {
  const clusterDir = join(dir, 'a folder/cluster');
  return {
    clusterDir,
    logFile: join(dir, 'postgres.log'),
    pidFile: join(dir, 'run/postgres.pid'),
    durable: false,
  };
}

async function start(options: PostgresOptions & { port?: number }) {
  const postgres = await startPostgres(options);
  onTestFinished(() => postgres.kill('SIGKILL'));
  return postgres;
}

/** SQL without a client: single-user mode, on a cluster that is not running. */
async function sql(options: ReturnType<typeof optionsIn>, statement: string): Promise<string> {
  const { binaries, launcher } = await preparePostgres(options);
  const line = launcher.commandLine(binaries.postgres, ['--single', '-D', options.clusterDir, 'oncelog']);
  const user = launcher.spawnAs ? { user: launcher.spawnAs } : {};
  const { code, output } = await runCommand(line.command, line.args, { ...user, input: `${statement};\n` });
  expect(code, output).toBe(0);
  return output;
}

it('serves, stops, and keeps its data over a stop and a crash', async () => {
  const options = optionsIn(temporaryFolder());
  const first = await start(options);
  expect(await probePostgres(first.url)).toEqual({ outcome: 'ready' });
  expect(readFileSync(options.pidFile, 'utf8')).toBe(`${first.pid}\n`);
  await first.stop();
  expect(identify(first.pid)).toBeUndefined();
  expect((await probePostgres(first.url)).outcome).toBe('unreachable');

  await sql(options, 'CREATE TABLE kept AS SELECT 9007199254740993 AS number');
  const second = await start({ ...options, port: first.port });
  expect(second.url).toBe(first.url);
  second.kill('SIGKILL');
  expect(await poll(() => !existsSync(options.pidFile), { deadlineMs: 10_000 })).toBe(true);
  await (await start(options)).stop();
  expect(await sql(options, 'SELECT number FROM kept')).toContain('9007199254740993');
});

it('is UTF-8 with the C.UTF-8 of PostgreSQL itself, and asks for a password', async () => {
  const options = optionsIn(temporaryFolder());
  await preparePostgres(options);
  const database = await sql(
    options,
    "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale FROM pg_database WHERE datname = 'oncelog'",
  );
  for (const value of ['"UTF8"', 'datlocprovider = "b"', '"C.UTF-8"']) expect(database).toContain(value);
  expect(await sql(options, 'SELECT DISTINCT auth_method FROM pg_hba_file_rules')).not.toContain('"trust"');
  expect(statSync(`${options.clusterDir}.password`).mode & 0o777).toBe(0o600);
});

it('starts over where an earlier start was killed half way', async () => {
  const options = optionsIn(temporaryFolder());
  mkdirSync(`${options.clusterDir}.new/base`, { recursive: true });
  await (await start(options)).stop();
  expect(existsSync(`${options.clusterDir}.new`)).toBe(false);
});

it('says what to do when the password is lost', async () => {
  const options = optionsIn(temporaryFolder());
  await preparePostgres(options);
  rmSync(`${options.clusterDir}.password`);
  await expect(start(options)).rejects.toThrow('restore it, or remove');
});

it('throws, with the end of the log, when the server does not start', async () => {
  const options = { ...optionsIn(temporaryFolder()), settings: { shared_buffers: 'plenty' } };
  await expect(start(options)).rejects.toThrow(/postgres did not start: .*shared_buffers/);
  expect(existsSync(options.pidFile)).toBe(false);
});

it('names DATABASE_URL where there are no binaries', async () => {
  await expect(findPostgresBinaries('sunos', 'x64')).rejects.toThrow(/sunos-x64: set DATABASE_URL/);
});
