import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { probePostgres } from '../postgres/probe.ts';
import { findFreePort } from '../process/free-port.ts';
import { poll } from '../process/poll.ts';
import { identify } from '../process/process-table.ts';
import { probeRedis } from '../redis/probe.ts';
import { testPostgresUrl, testRedisUrl } from '../testing/index.ts';
import { standIns } from '../testing/stand-ins.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import type { Entries } from './services.ts';
import { createStack, type Stack } from './stack.ts';
import { startStack } from './start-stack.ts';

type Sources = Partial<Record<keyof Entries, string>>;

function setUp(sources: Sources = {}, external = true) {
  const dir = temporaryFolder();
  const lines: string[] = [];
  const urls = external ? { databaseUrl: testPostgresUrl(), redisUrl: testRedisUrl() } : {};
  const entries = standIns(dir, sources);
  const dataDir = join(dir, 'data');
  return { dataDir, lines, entries, consumers: 2, log: (line: string) => lines.push(line), ...urls };
}

async function started(options: ReturnType<typeof setUp>): Promise<Stack> {
  const stack = await startStack(options);
  onTestFinished(() => stack.stop());
  return stack;
}

const pidOf = (stack: Stack, name: string) => stack.processes.find((one) => one.name === name)?.pid;

it('runs everything, starts again what is killed, on the same port, and leaves nothing', async () => {
  const options = setUp({}, false);
  const stack = await started(options);
  const before = stack.processes;
  expect(before.map(({ name }) => name)).toEqual([
    'postgres',
    'redis',
    'gateway',
    'consumer-1',
    'consumer-2',
  ]);
  for (const { name, pid } of before) {
    expect(readFileSync(join(options.dataDir, 'run', `${name}.pid`), 'utf8')).toBe(`${pid}\n`);
  }
  expect(await (await fetch(stack.url)).json()).toEqual({ name: 'gateway' });

  for (const { name } of before) stack.kill(name, 'SIGKILL');
  const allAreNew = () => before.every(({ name, pid }) => ![undefined, pid].includes(pidOf(stack, name)));
  expect(await poll(allAreNew, { deadlineMs: 20_000 })).toBe(true);
  const serves = async () =>
    (await probePostgres(stack.databaseUrl)).outcome === 'ready' &&
    (await probeRedis(stack.redisUrl)).outcome === 'ready' &&
    (await fetch(stack.url).then(
      () => true,
      () => false,
    ));
  expect(await poll(serves, { deadlineMs: 20_000 })).toBe(true);
  expect(options.lines).toContain('consumer-2 exited (SIGKILL), starting it again in 0.5 s');

  const last = stack.processes;
  await stack.stop();
  expect(last.map(({ pid }) => identify(pid))).toEqual(last.map(() => undefined));
  expect(readdirSync(join(options.dataDir, 'run'))).toEqual([]);
});

it('stops and starts single processes', async () => {
  const stack = await started(setUp());
  expect(stack.processes.map(({ name }) => name)).toEqual(['gateway', 'consumer-1', 'consumer-2']);
  await stack.stopProcess('consumer-1');
  expect(pidOf(stack, 'consumer-1')).toBeUndefined();
  await stack.startProcess('consumer-1');
  expect(pidOf(stack, 'consumer-1')).toBeTypeOf('number');
  expect(() => stack.kill('consumer-9', 'SIGKILL')).toThrow('No process consumer-9');
});

it('leaves nothing behind when a service cannot start, and says which', async () => {
  const options = setUp({ gateway: 'console.log("no memory"); process.exit(1)' }, false);
  await expect(startStack(options)).rejects.toThrow(
    /^gateway exited 3 times before it was ready \(code 1\): see .*gateway\.log \(no memory\)$/,
  );
  expect(readdirSync(join(options.dataDir, 'run'))).toEqual([]);
});

it('tells its programs where its own servers are, whatever the environment says of others', async () => {
  const elsewhere = { DATABASE_PASSWORD: 'a', DATABASE_URL_FILE: '/b', REDIS_PASSWORD_FILE: '/c' };
  for (const [name, value] of Object.entries(elsewhere)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const stores =
    'Object.entries(process.env).filter(([name]) => /^(DATABASE|REDIS)_(URL|PASSWORD)/.test(name))';
  const migrate = `const told = ${stores}; if (told.length !== 1) throw new Error(told.map(([name]) => name).join());`;
  const gateway = `
    import { createServer } from 'node:http';
    const server = createServer((_, response) => response.end(JSON.stringify(Object.fromEntries(${stores}))));
    server.listen(Number(process.env.PORT), process.env.HOST);
    process.on('SIGTERM', () => server.close(() => process.exit(0)));`;
  const stack = await started(setUp({ migrate, gateway }, false));
  const { database, redis } = stack.serviceUrls.gateway;
  expect(await (await fetch(stack.url)).json()).toEqual({ DATABASE_URL: database, REDIS_URL: redis });
});

it('starts no service when the migration fails', async () => {
  const migrate = 'console.error("migration failed: no such role"); process.exit(1)';
  const options = setUp({ migrate });
  await expect(startStack(options)).rejects.toThrow(
    'The database schema could not be brought up to date (migration failed: no such role)',
  );
  expect(existsSync(join(options.dataDir, 'logs'))).toBe(false);
});

it('says which server it cannot reach, and never a password', async () => {
  const port = await findFreePort();
  const databaseUrl = `postgres://me:secret@127.0.0.1:${port}/x`;
  await expect(startStack({ ...setUp(), databaseUrl })).rejects.toThrow(
    `DATABASE_URL: no usable Postgres at 127.0.0.1:${port} (ECONNREFUSED): start it, correct DATABASE_URL, or unset`,
  );
  await expect(startStack({ ...setUp(), databaseUrl: testRedisUrl() })).rejects.toThrow(
    'DATABASE_URL: no usable',
  );
  const redisUrl = `redis://:secret@127.0.0.1:${port}`;
  await expect(startStack({ ...setUp(), redisUrl })).rejects.toThrow(
    `REDIS_URL: no usable Redis at 127.0.0.1:${port}`,
  );
});

it('does not wait for a server that never answers', async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  expect(await probePostgres(`postgres://127.0.0.1:${port}`, 100)).toMatchObject({ detail: 'no answer' });
  expect(await probeRedis(`redis://127.0.0.1:${port}`, 100)).toMatchObject({ detail: 'no answer' });
  silent.close();
});

it('can be stopped while it starts', async () => {
  const options = setUp({ consumer: 'setInterval(() => {}, 1000)' });
  const settings = { ...options, host: '127.0.0.1', port: 0 };
  const stack = createStack(options, { settings, entries: options.entries, serviceLogs: 'files' });
  const starting = stack.start();
  const refused = expect(starting).rejects.toThrow('The stack was stopped');
  expect(await poll(() => pidOf(stack, 'consumer-1') !== undefined, { deadlineMs: 10_000 })).toBe(true);
  await stack.stop();
  await refused;
  expect(stack.processes).toEqual([]);
  expect(readdirSync(join(options.dataDir, 'run'))).toEqual([]);
});
