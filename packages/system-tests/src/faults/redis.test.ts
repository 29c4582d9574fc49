import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { CONSUMER_GROUP, shardKeys } from '@oncelog/event-stream';
import { openTestRedis } from '@oncelog/event-stream/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { event, range } from '../testing/system.ts';
import { isRefusal } from './answers.ts';
import { expectOnlyTheseRestarted, type FaultSystem, openFaultSystem, survives } from './fault-system.ts';

/** Faults of Redis, of what it holds and of its file. Those in which it refuses to write are in redis-refuses.test.ts. */
const { stream } = shardKeys('oncelog', 0);
let system: FaultSystem;
let redis: Awaited<ReturnType<typeof openTestRedis>>;
beforeAll(async () => {
  system = await openFaultSystem();
  redis = await openTestRedis(system.redisUrl);
});
afterAll(async () => {
  redis.destroy();
  await system.close();
});

it('survives that it is frozen while requests are in flight', async () => {
  await survives(system, {
    inject: async (load) => {
      const pid = system.pidOf('redis');
      process.kill(pid, 'SIGSTOP');
      try {
        await load.isRefused(4);
        const health = await system.get('/health');
        expect(health.status).toBe(503);
        expect(await health.json()).toMatchObject({
          database: 'connected',
          redis: expect.stringMatching(/^error: /),
        });
        // a moment after the gateway
        await vi.waitFor(
          () => expect(system.logged('consumer-1')).toMatch(/redis does not answer, dropping the connection/),
          10_000,
        );
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    },
    logs: {
      gateway: /redis does not answer, dropping the connection/,
      consumer: /redis does not answer, dropping the connection/,
    },
  });
});

it('survives that its consumer group is destroyed under load', async () => {
  await survives(system, {
    inject: async (load) => {
      for (const _ of range(3)) {
        await redis.xGroupDestroy(stream, CONSUMER_GROUP);
        await load.acknowledges(10);
      }
    },
    logs: { consumer: /the consumer group was missing and has been created again/ },
  });
});

it('goes on, and its figures add up, when everything in it is deleted under load', async () => {
  const { load, after } = await survives(system, {
    inject: async (load) => {
      for (const _ of range(3)) {
        await redis.flushAll();
        await load.acknowledges(10);
      }
    },
    loses: true,
    logs: { consumer: /the stream is gone and has begun anew: what it held and was not applied is lost/ },
  });
  // what came afterwards is all there
  await system.publish(...range(10).map((i) => event({ topic: load.topic, event_id: `after-${i}` })));
  expect((await system.settled()).received).toBe(after.received + 10);
});

it('survives that it loads a long file after a restart', async () => {
  await makeSlowToLoad();
  await survives(system, {
    inject: async (load) => {
      system.stack.kill('redis', 'SIGKILL');
      await vi.waitFor(() => expect(system.logged()).toMatch(/LOADING/), { timeout: 30_000, interval: 5 });
      await load.acknowledges(1);
    },
    restarts: ['redis'],
    logs: { services: /LOADING/ },
  });
  await redis.del(['slow', 'copy']);
  await rewriteFile();
});

/**
 * Short commands that took 6 s to execute, so that the append-only file takes seconds to load on any machine: longer than
 * a client waits before it connects again.
 */
async function makeSlowToLoad(): Promise<void> {
  await rewriteFile(); // or a consumer, which has it done once after a start of Redis, takes the commands out again
  await redis.setRange('slow', 1_000_000, 'x');
  while ((await executedMs('bitop')) < 6_000) {
    await Promise.all(range(1_000).map(() => redis.sendCommand(['BITOP', 'NOT', 'copy', 'slow'])));
  }
}

/** How long Redis has worked on a command, all calls together. */
async function executedMs(command: string): Promise<number> {
  const usec = new RegExp(`cmdstat_${command}:.*?usec=(\\d+)`).exec(await redis.info('commandstats'))?.[1];
  return Number(usec ?? 0) / 1_000;
}

/** Without the slow commands that are in it. */
async function rewriteFile(): Promise<void> {
  // a consumer may just have asked for one as well, since Redis has started
  await vi.waitFor(() => redis.sendCommand(['BGREWRITEAOF']), 20_000);
  await vi.waitFor(async () => expect(await redis.info()).toMatch(/aof_rewrite_in_progress:0/), 20_000);
}

/** The file that Redis appends to; the others are of before its last rewrite. */
function appendOnlyFile(): string {
  const dir = join(system.dataDir, 'redis/appendonlydir');
  const files = readdirSync(dir).filter((file) => file.endsWith('.incr.aof'));
  return join(
    dir,
    files.toSorted((a, b) => statSync(join(dir, a)).mtimeMs - statSync(join(dir, b)).mtimeMs).at(-1) ?? '',
  );
}

const CONSUMERS = ['consumer-1', 'consumer-2'];
const batch = (name: string) => ({ events: range(10).map((i) => event({ event_id: `${name}-${i}` })) });
const publish = async (name: string) => {
  const response = await system.post(batch(name), { 'idempotency-key': name });
  expect(response.status).toBe(202);
};

it('loads a file that ends in the middle of a write that nobody was told of: nothing is lost', async () => {
  const before = await system.settled();
  for (const name of CONSUMERS) await system.stack.stopProcess(name);
  await publish('half-1');
  system.forgetLogs();
  await system.stack.stopProcess('redis');
  appendFileSync(appendOnlyFile(), '*3\r\n$3\r\nSET\r\n$5\r\nhal');
  await system.stack.startProcess('redis');
  for (const name of CONSUMERS) await system.stack.startProcess(name);
  expect((await system.settled()).received).toBe(before.received + 10);
  expect(system.logged('redis')).toMatch(/Truncating the AOF/);
});

it('loads a file whose end was cut off: what was cut off is lost, and can be sent again; also at the start after', async () => {
  const before = await system.settled();
  for (const name of CONSUMERS) await system.stack.stopProcess(name);
  await publish('cut-1');
  await publish('cut-2');
  system.forgetLogs();
  await system.stack.stopProcess('redis');
  const file = appendOnlyFile();
  truncateSync(file, statSync(file).size - 20);
  await system.stack.startProcess('redis');
  for (const name of CONSUMERS) await system.stack.startProcess(name);
  expect(await system.settled()).toMatchObject({
    received: before.received + 10,
    accepted: before.accepted + 10,
  });
  expect(system.logged('redis')).toMatch(/Truncating the AOF/);
  // a transaction that was torn is not in memory, but half of it is still in the file: the consumers have it rewritten
  await vi.waitFor(async () => {
    const persistence = await redis.info('persistence');
    expect(persistence).toMatch(/aof_rewrite_in_progress:0/);
    expect(persistence).not.toMatch(/aof_last_rewrite_time_sec:-1/);
  }, 20_000);
  await publish('cut-1');
  await publish('cut-2');
  await system.settled();
  await system.stack.stopProcess('redis');
  await system.stack.startProcess('redis');
  expect(await system.settled()).toMatchObject({
    received: before.received + 20,
    accepted: before.accepted + 20,
  });
  expectOnlyTheseRestarted(system, []);
});

it('refuses to start with a file that is corrupt in the middle, and says what to do', async () => {
  const before = await system.settled();
  for (const name of CONSUMERS) await system.stack.stopProcess(name);
  await publish('corrupt-1');
  await publish('corrupt-2');
  system.forgetLogs();
  await system.stack.stopProcess('redis');
  const dir = join(system.dataDir, 'redis/appendonlydir');
  const copy = join(system.dataDir, 'redis-copy');
  cpSync(dir, copy, { recursive: true, preserveTimestamps: true });
  const bytes = readFileSync(appendOnlyFile());
  // values have no checksums: only a command's own framing shows that it is broken
  const command = bytes.indexOf('\r\n*', bytes.length >> 1) + 2;
  writeFileSync(appendOnlyFile(), bytes.fill('?', command, command + 4));

  const startedAt = performance.now();
  await expect(system.stack.startProcess('redis')).rejects.toThrow(
    /redis exited 3 times before it was ready.*redis\.log/,
  );
  // with waits in between, of 0.5 and 1 s
  expect(performance.now() - startedAt).toBeGreaterThan(1_400);
  expect(system.logged('redis')).toMatch(/Bad file format.*redis-check-aof --fix/);
  expect(isRefusal(await system.post(batch('corrupt-3')))).toBe(true);

  rmSync(dir, { recursive: true });
  cpSync(copy, dir, { recursive: true });
  await system.stack.startProcess('redis');
  for (const name of CONSUMERS) await system.stack.startProcess(name);
  expect((await system.settled()).received).toBe(before.received + 20);
});
