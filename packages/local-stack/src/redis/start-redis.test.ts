import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { poll } from '../process/poll.ts';
import { identify } from '../process/process-table.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { probeRedis } from './probe.ts';
import { type RedisOptions, startRedis } from './start-redis.ts';

async function ask(url: string, command: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(`${command}\r\n`);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}

async function start(options: RedisOptions & { port?: number }) {
  const redis = await startRedis(options);
  onTestFinished(() => redis.kill('SIGKILL'));
  return redis;
}

function optionsIn(dir: string) {
  return { dataDir: join(dir, 'a folder'), logFile: join(dir, 'redis.log'), pidFile: join(dir, 'redis.pid') };
}

it('has every acknowledged write again after it was killed', async () => {
  const options = optionsIn(temporaryFolder());
  const first = await start(options);
  expect(await ask(first.url, 'SET kept yes')).toBe('+OK\r\n');
  first.kill('SIGKILL');
  expect(await poll(() => !existsSync(options.pidFile), { deadlineMs: 10_000 })).toBe(true);
  const second = await start({ ...options, port: first.port });
  expect(second.url).toBe(first.url);
  expect(await ask(second.url, 'GET kept')).toBe('$3\r\nyes\r\n');
  await second.stop();
  expect(identify(second.pid)).toBeUndefined();
});

it('runs with the settings that the delivery contract needs', async () => {
  const redis = await start(optionsIn(temporaryFolder()));
  const setting = async (name: string) => (await ask(redis.url, `CONFIG GET ${name}`)).split('\r\n')[4];
  expect(await setting('appendonly')).toBe('yes');
  expect(await setting('appendfsync')).toBe('always');
  expect(await setting('no-appendfsync-on-rewrite')).toBe('no');
  expect(await setting('maxmemory-policy')).toBe('noeviction');
  expect(await setting('save')).toBe('');
  expect(await setting('bind')).toBe('127.0.0.1');
  await redis.stop();
});

it('is told apart from what does not answer, and from what refuses us', async () => {
  const redis = await start(optionsIn(temporaryFolder()));
  await ask(redis.url, 'CONFIG SET requirepass secret');
  expect(await probeRedis(redis.url)).toMatchObject({
    outcome: 'refused',
    detail: expect.stringMatching(/^NOAUTH/),
  });
  expect(await probeRedis(redis.url.replace('//', '//:wrong@'))).toMatchObject({ outcome: 'refused' });
  expect(await probeRedis(redis.url.replace('//', '//:secret@'))).toEqual({ outcome: 'ready' });
  await redis.stop();
  expect(await probeRedis(redis.url)).toEqual({ outcome: 'unreachable', detail: 'ECONNREFUSED' });
});
