import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureSecrets, type RunningServer, startPostgres, startRedis } from '@oncelog/local-stack';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { range } from '../testing/system.ts';
import { type Behaviour, openTcpProxy, type TcpProxy } from '../testing/tcp-proxy.ts';
import { applies, type FaultSystem, openFaultSystem, survives } from './fault-system.ts';

/** Faults of the network between the services and their stores: both are reached through a proxy. */
let dir: string;
let system: FaultSystem;
const servers: RunningServer[] = [];
const proxies: Partial<Record<Store, TcpProxy>> = {};
type Store = 'redis' | 'postgres';

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oncelog-network-'));
  chmodSync(dir, 0o755); // root's Postgres runs as another user, who has to pass through
  const postgres = await startPostgres({
    clusterDir: join(dir, 'postgres'),
    logFile: join(dir, 'postgres.log'),
  });
  servers.push(postgres);
  const dataDir = join(dir, 'data');
  const users = await ensureSecrets(join(dataDir, 'secrets'));
  const redis = await startRedis({ dataDir: join(dir, 'redis'), logFile: join(dir, 'redis.log'), users });
  servers.push(redis);
  const through = async (store: Store, { url, port }: RunningServer) => {
    const proxy = await openTcpProxy({ host: '127.0.0.1', port });
    proxies[store] = proxy;
    return Object.assign(new URL(url), { port: String(proxy.port) }).href;
  };
  system = await openFaultSystem({
    dataDir,
    ownUsers: true,
    redisUsers: [],
    databaseUrl: await through('postgres', postgres),
    redisUrl: await through('redis', redis),
    sqlUrl: postgres.url,
  });
});
afterAll(async () => {
  await system?.close();
  for (const proxy of Object.values(proxies)) await proxy.close();
  for (const server of servers) await server.stop();
  rmSync(dir, { recursive: true });
});

/** Also when a test has failed, or those after it would fail of the same. */
afterEach(() => {
  for (const proxy of Object.values(proxies)) proxy.behave({ kind: 'pass' });
});

function proxyOf(store: Store): TcpProxy {
  const proxy = proxies[store];
  if (proxy === undefined) throw new Error(`no proxy for ${store}`);
  return proxy;
}

describe.each<Store>(['redis', 'postgres'])('the way to %s', (store) => {
  it.each<Behaviour>([
    { kind: 'delay', ms: 100 },
    { kind: 'throttle', bytesPerSecond: 100_000 },
    { kind: 'slice' },
  ])('survives $kind', async (behaviour) => {
    await survives(system, {
      inject: async (load) => {
        proxyOf(store).behave(behaviour);
        await load.acknowledges(20);
        await applies(system, 800);
        proxyOf(store).behave({ kind: 'pass' });
      },
    });
  });

  it.each(['cut', 'reset'] as const)('survives that connections are %s, again and again', async (how) => {
    await survives(system, {
      inject: async (load) => {
        for (const _ of range(5)) {
          proxyOf(store)[how]();
          await load.acknowledges(10);
          await applies(system, 200);
        }
      },
    });
  });
});

it('survives a half-open way to Redis', async () => {
  await survives(system, {
    inject: async (load) => {
      proxyOf('redis').behave({ kind: 'stall' });
      await load.isRefused(8);
      // a moment after the gateway
      await vi.waitFor(
        () => expect(system.logged('consumer-1')).toMatch(/redis does not answer, dropping/),
        10_000,
      );
      proxyOf('redis').behave({ kind: 'pass' });
    },
    logs: {
      gateway: /redis does not answer, dropping the connection/,
      consumer: /redis does not answer, dropping/,
    },
  });
});

it('survives a half-open way to Postgres', async () => {
  await survives(system, {
    inject: async (load) => {
      proxyOf('postgres').behave({ kind: 'stall' });
      await load.acknowledges(10);
      await vi.waitFor(() => expect(system.logged()).toMatch(/"tries":2.*could not apply/), 30_000);
      expect(load.answers.refused).toBe(0);
      expect(load.gatheredAnswers.refused).toBe(0);
      proxyOf('postgres').behave({ kind: 'pass' });
    },
    logs: { consumer: /no answer from Postgres within 3000 ms.*could not apply, trying again/ },
  });
});
