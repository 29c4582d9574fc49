import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { shardKeys } from '@oncelog/event-stream';
import { openTestRedis } from '@oncelog/event-stream/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { event } from '../testing/system.ts';
import { isRefusal } from './answers.ts';
import { type FaultSystem, openFaultSystem, survives } from './fault-system.ts';

/** Redis answers, and takes no writes. The gateway answers 503, says why, and has written nothing. */
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

it('survives that it has no memory left: refused and not written, and drained', async () => {
  await survives(system, {
    inject: async (load) => {
      await redis.configSet('maxmemory', '1mb');
      await load.isRefused(8);
      const length = await redis.xLen(stream);
      await load.isRefused(8);
      expect(await redis.xLen(stream)).toBeLessThanOrEqual(length);
      await vi.waitFor(async () => expect((await system.stats()).in_flight).toBe(0), 10_000);
      await redis.configSet('maxmemory', '0');
    },
    logs: { gateway: /Redis refused the command: OOM.*request failed/ },
  });
});

it('survives that it is a read-only replica', async () => {
  await survives(system, {
    inject: async (load) => {
      await redis.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
      await load.isRefused(8);
      await vi.waitFor(() => expect(system.logged()).toMatch(/READONLY.*step failed, trying again/), 10_000);
      await redis.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    },
    logs: {
      gateway: /Redis refused the command: READONLY.*request failed/,
      consumer: /READONLY.*step failed/,
    },
  });
});

it('survives that it cannot save, and answers MISCONF: refused with the reason, and not written', async () => {
  await survives(system, {
    inject: async (load) => {
      const mend = await breakSaving();
      await load.isRefused(8);
      const length = await redis.xLen(stream);
      await load.isRefused(8);
      const response = await system.post({ events: [event()] });
      expect(isRefusal(response)).toBe(true);
      expect(await response.json()).toMatchObject({
        code: 'stream-unavailable',
        detail: 'Redis cannot write to its disk. Nothing of the request was kept: send it again later.',
      });
      expect(await redis.xLen(stream)).toBe(length);
      await vi.waitFor(() => expect(system.logged()).toMatch(/MISCONF.*step failed, trying again/), 10_000);
      await mend();
    },
    logs: {
      gateway: /Redis refused the command: MISCONF.*request failed/,
      consumer: /MISCONF.*step failed, trying again/,
      redis: /Error moving temp DB file/,
    },
  });
});

/** With snapshots on, Redis takes no writes after one that failed: here it finds a folder where its file is to be. */
async function breakSaving(): Promise<() => Promise<void>> {
  const { save = '' } = await redis.configGet('save');
  const inTheWay = join(system.dataDir, 'redis/dump.rdb');
  mkdirSync(inTheWay);
  await redis.configSet({ save: '3600 100000', 'stop-writes-on-bgsave-error': 'yes' });
  await redis.sendCommand(['BGSAVE']);
  await lastSaveIs('err');
  return async () => {
    rmdirSync(inTheWay);
    await redis.sendCommand(['BGSAVE']);
    await lastSaveIs('ok');
    await redis.configSet('save', save);
  };
}

const lastSaveIs = (status: 'ok' | 'err') =>
  vi.waitFor(
    async () => expect(await redis.info('persistence')).toMatch(`rdb_last_bgsave_status:${status}`),
    10_000,
  );
