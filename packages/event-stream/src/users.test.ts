import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureSecrets, type RunningServer, type Secrets, startRedis } from '@oncelog/local-stack';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { shardKeys } from './keys.ts';
import { openReader, type StreamReader } from './reader.ts';
import { openTestRedis, silentLog, streamBatch } from './testing/index.ts';
import { openWriter, type StreamWriter } from './writer.ts';

/** infra/redis/users.acl: each user may do what its service does, and nothing else. */
type User = keyof Secrets['redis'];

const { stream, totals } = shardKeys('oncelog', 0);
let dir: string;
let users: Secrets;
let server: RunningServer;
let writer: StreamWriter;
let reader: StreamReader;

const urlOf = (user: User): string =>
  Object.assign(new URL(server.url), { username: user, password: users.redis[user] }).href;

/** What Redis answers: the first word of an error, or `done`. */
async function answerTo(url: string, command: readonly string[]): Promise<string> {
  const client = await openTestRedis(url);
  try {
    return await client.sendCommand(command).then(
      () => 'done',
      (error: Error) => error.message.split(' ')[0] ?? '',
    );
  } finally {
    client.destroy();
  }
}

const start = async (port?: number): Promise<RunningServer> => {
  const files = { dataDir: join(dir, 'redis'), logFile: join(dir, 'redis.log'), users };
  return startRedis(port === undefined ? files : { ...files, port });
};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oncelog-users-'));
  users = await ensureSecrets(join(dir, 'secrets'));
  server = await start();
  const shared = { prefix: 'oncelog', log: silentLog };
  const backlogLimit = { maxEvents: 1_000, maxBytes: 1e6 };
  writer = openWriter({ ...shared, url: urlOf('gateway'), shards: 1, backlogLimit });
  reader = openReader({ ...shared, url: urlOf('consumer'), shard: 0, consumer: 'one' });
  await vi.waitFor(() => Promise.all([writer.ping(), reader.ping()]), 10_000);
});
afterAll(async () => {
  await Promise.all([writer.close(), reader.close()]);
  await server.stop();
  rmSync(dir, { recursive: true });
});

/** Everything that the two services do. */
async function doAll(): Promise<void> {
  await reader.ensureGroup();
  expect(await writer.append(streamBatch(3))).toMatchObject({ outcome: 'appended' });
  await writer.append(streamBatch(1, { traceparents: [`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`] }));
  const entries = await reader.read({ maxEntries: 10, maxBytes: 1e6 }, { blockMs: 10, lingerMs: 0 });
  expect(entries).toHaveLength(2);
  expect((await reader.readOwnPending(10)).entries).toHaveLength(2);
  await reader.claim(0, 10);
  expect(await writer.oldestUnappliedMs()).toEqual([expect.any(Number)]);
  await reader.ack(entries);
  await reader.forget(['0-1']);
  await reader.trim();
  await reader.oldestEntryMs();
  await reader.announce({ startedAt: new Date(), version: '1', applied: true });
  await reader.read({ maxEntries: 1, maxBytes: 1 }, { blockMs: 1, lingerMs: 0 });
  expect(await writer.members()).toMatchObject([{ name: 'one', version: '1' }]);
  await reader.removeIdleConsumers(3_600_000);
  await reader.rewriteFile();
  expect(await writer.totals()).toMatchObject([{ ackedEvents: expect.any(Number), pending: 0 }]);
  expect((await writer.memory()).usedBytes).toBeGreaterThan(0);
  await reader.leave();
}

it('lets gateway and consumer do what they do, and refuses them nothing', async () => {
  await doAll();
  const count = "redis.call('SET', KEYS[1], 1, 'PX', 1000) return redis.call('INCR', KEYS[1])";
  expect(await answerTo(urlOf('gateway'), ['EVAL', count, '1', 'oncelog:rate:x'])).toBe('done');
  const operator = await openTestRedis(urlOf('operator'));
  expect(await operator.aclLog()).toEqual([]);
  operator.destroy();
});

it('keeps everything when Redis reads its append-only file again', async () => {
  await writer.append(streamBatch(5));
  const [before] = await writer.totals();
  expect(before).toMatchObject({ appendedEvents: 9, lag: 1 });
  server.kill('SIGKILL');
  await server.stop();
  server = await start(server.port);
  // Redis knows the lag again after the next read, unless the file was rewritten meanwhile
  const after = [{ ...before, lag: expect.any(Number) }];
  await vi.waitFor(async () => expect(await writer.totals()).toEqual(after), 20_000);
});

const NOBODY_BUT_THE_OPERATOR = [
  ['CONFIG', 'GET', '*'],
  ['CONFIG', 'SET', 'maxmemory', '1'],
  ['ACL', 'LIST'],
  ['ACL', 'LOG'],
  ['CLIENT', 'LIST'],
  ['CLIENT', 'KILL', 'TYPE', 'normal'],
  ['SLOWLOG', 'GET'],
  ['SCAN', '0'],
  ['DEL', stream],
  ['DEL', totals],
  ['HGETALL', totals],
  ['BGSAVE'],
  ['REPLICAOF', '127.0.0.1', '1'],
];
const NOBODY = [
  ['FLUSHALL'],
  ['FLUSHDB'],
  ['KEYS', '*'],
  ['SHUTDOWN', 'NOSAVE'],
  ['DEBUG', 'SLEEP', '0'],
  ['MONITOR'],
  ['SAVE'],
  ['MODULE', 'LIST'],
  ['ACL', 'SETUSER', 'intruder', 'on', 'nopass', '+@all'],
  ['ACL', 'DELUSER', 'operator'],
  ['FUNCTION', 'LIST'],
  ['SCRIPT', 'FLUSH'],
  ['SCRIPT', 'KILL'],
  ['MIGRATE', '127.0.0.1', '1', stream, '0', '1'],
  ['RESTORE', stream, '0', ''],
  ['SWAPDB', '0', '1'],
  ['SELECT', '1'],
  ['RENAME', stream, 'oncelog:events:{9}'],
  ['COPY', stream, 'oncelog:events:{9}'],
  ['UNLINK', stream],
  ['EXPIRE', stream, '1'],
  ['SET', 'oncelog:events:{0}', 'x'],
  ['XDEL', stream, '1-0'],
  ['XSETID', stream, '1-0'],
  ['XGROUP', 'DESTROY', stream, 'oncelog'],
  ['XGROUP', 'SETID', stream, 'oncelog', '$'],
  ['SUBSCRIBE', 'news'],
  ['PUBLISH', 'news', 'x'],
  ['CLUSTER', 'INFO'],
  ['FAILOVER'],
];
const FORBIDDEN: Record<User, readonly (readonly string[])[]> = {
  gateway: [
    ...NOBODY_BUT_THE_OPERATOR,
    ['XREADGROUP', 'GROUP', 'oncelog', 'one', 'STREAMS', stream, '>'],
    ['XACK', stream, 'oncelog', '1-0'],
    ['XTRIM', stream, 'MAXLEN', '0'],
    ['XAUTOCLAIM', stream, 'oncelog', 'one', '0', '0-0'],
    ['XGROUP', 'CREATE', stream, 'other', '0'],
    ['HDEL', totals, 'epoch'],
    ['BGREWRITEAOF'],
    ['INCR', totals],
    ['DEL', 'oncelog:rate:x'],
    ['SCRIPT', 'LOAD', 'return 1'],
    ['XADD', 'oncelog:rate:x', '*', 'a', 'b'],
    ['XADD', 'other:events:{0}', '*', 'a', 'b'],
    ['XLEN', 'other:events:{0}'],
    ['EVAL', "return redis.call('FLUSHALL')", '0'],
    ['EVAL', "return redis.call('XTRIM', KEYS[1], 'MAXLEN', 0)", '1', stream],
    ['EVAL', "return redis.call('XADD', 'other', '*', 'a', 'b')", '0'],
  ],
  consumer: [
    ...NOBODY_BUT_THE_OPERATOR,
    ['XADD', stream, '*', 'a', 'b'],
    ['XREADGROUP', 'GROUP', 'oncelog', 'one', 'STREAMS', 'other:events:{0}', '>'],
    ['SCRIPT', 'LOAD', 'return 1'],
    ['INCR', 'oncelog:rate:x'],
    ['EVAL', "return redis.call('XADD', KEYS[1], '*', 'a', 'b')", '1', stream],
    ['EVAL', "return redis.call('DEL', KEYS[1])", '1', totals],
  ],
  operator: [
    ['XADD', stream, '*', 'a', 'b'],
    ['XTRIM', stream, 'MAXLEN', '0'],
    ['XREADGROUP', 'GROUP', 'oncelog', 'one', 'STREAMS', stream, '>'],
    ['HSET', totals, 'epoch', 'x'],
    ['EVAL', 'return 1', '0'],
    ['DEL', 'other:key'],
    // another server's data would take the place of all
    ['REPLICAOF', '127.0.0.1', '1'],
    ['XACK', stream, 'oncelog', '1-0'],
    ['XCLAIM', stream, 'oncelog', 'one', '0', '1-0'],
  ],
};

describe.each(Object.keys(FORBIDDEN) as User[])('%s', (user) => {
  it.each([...NOBODY, ...FORBIDDEN[user]].map((command) => [command.join(' '), command] as const))(
    'is refused %s',
    async (_, command) => {
      // of a script the first word is that of the command in it
      expect(await answerTo(urlOf(user), command)).toMatch(/^(NOPERM|ERR)$/);
      const operator = await openTestRedis(urlOf('operator'));
      const [refused] = await operator.aclLog();
      operator.destroy();
      expect(refused).toMatchObject({
        username: user,
        reason: expect.stringMatching(/^(command|key|channel)$/),
      });
    },
  );
});

describe('somebody', () => {
  it.each([
    ['without a password', (url: string) => Object.assign(new URL(url), { username: '', password: '' }).href],
    ['as the default user', (url: string) => Object.assign(new URL(url), { username: 'default' }).href],
    ['with another password', (url: string) => Object.assign(new URL(url), { password: 'wrong' }).href],
  ])('is refused %s', async (_, change) => {
    const connect = async (): Promise<void> => {
      const client = await openTestRedis(change(urlOf('gateway')), { reconnect: false });
      await client.ping().finally(() => client.destroy());
    };
    await expect(connect()).rejects.toThrow(/NOAUTH|WRONGPASS/);
  });
});

it('lets the operator look, and see to the server', async () => {
  const commands = [
    ['INFO'],
    ['CONFIG', 'GET', 'appendfsync'],
    ['CONFIG', 'SET', 'save', ''],
    ['XINFO', 'CONSUMERS', stream, 'oncelog'],
    ['XPENDING', stream, 'oncelog'],
    ['XRANGE', stream, '-', '+'],
    ['SCAN', '0'],
    ['MEMORY', 'USAGE', stream],
    ['ACL', 'LOG'],
    ['ACL', 'LOAD'],
    ['DEL', totals],
  ];
  for (const command of commands)
    expect([command, await answerTo(urlOf('operator'), command)]).toEqual([command, 'done']);
});
