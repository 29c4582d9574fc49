import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openTestSql } from '@oncelog/event-store/testing';
import { ensureSecrets, type Stack, startPostgres, startRedis, startStack } from '@oncelog/local-stack';
import { type Link, openLink } from './link.ts';
import { type BreakableServer, openServer } from './local-servers.ts';
import { mishapsInLogs } from './mishaps.ts';
import { signalProcess } from './process-tree.ts';
import type { Fault } from './schedule.ts';
import { CHAOS_SETTINGS } from './settings.ts';
import { runStray } from './stray.ts';
import type { FaultOutcome, Target } from './target.ts';

const DONE: FaultOutcome = { outcome: 'done' };
const missed = (why: string): FaultOutcome => ({ outcome: 'missed', why });

/** The system as processes on this machine, each store and the gateway behind a link. */
export async function openLocalTarget({ consumers }: { consumers: number }): Promise<Target> {
  const dataDir = mkdtempSync(join(tmpdir(), 'oncelog-chaos-'));
  const logs = join(dataDir, 'logs');
  mkdirSync(logs);
  const opened = new AsyncDisposableStack();
  try {
    const parts = await openParts(dataDir, { consumers, opened });
    return createTarget(parts, { dataDir, logs, opened });
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

interface Parts {
  readonly postgres: BreakableServer;
  readonly redis: BreakableServer;
  readonly stack: Stack;
  readonly gatewayLink: Link;
  /** What the supervisor has said. */
  readonly supervisor: readonly string[];
}

async function openParts(
  dataDir: string,
  { consumers, opened }: { consumers: number; opened: AsyncDisposableStack },
): Promise<Parts> {
  const users = await ensureSecrets(join(dataDir, 'secrets'));
  // no pid files: the stack would take these servers for leftovers of a stack before it, and stop them
  const logFile = (name: string): string => join(dataDir, 'logs', `${name}.log`);
  const [postgres, redis] = await Promise.all([
    openServer((port) =>
      startPostgres({
        logFile: logFile('postgres'),
        clusterDir: join(dataDir, 'postgres'),
        ...(port === undefined ? {} : { port }),
      }),
    ),
    openServer((port) =>
      startRedis({
        logFile: logFile('redis'),
        dataDir: join(dataDir, 'redis'),
        users,
        ...(port === undefined ? {} : { port }),
      }),
    ),
  ]);
  opened.defer(async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
  });
  const supervisor: string[] = [];
  const stack = await startStack({
    dataDir,
    consumers,
    databaseUrl: postgres.linkedUrl,
    redisUrl: redis.linkedUrl,
    ownUsers: true,
    serviceEnv: CHAOS_SETTINGS,
    log: (line) => supervisor.push(line),
  });
  opened.defer(() => stack.stop());
  const gatewayLink = await openLink(Number(new URL(stack.url).port));
  opened.defer(() => gatewayLink.close());
  return { postgres, redis, stack, gatewayLink, supervisor };
}

interface Place {
  readonly dataDir: string;
  readonly logs: string;
  readonly opened: AsyncDisposableStack;
}

function createTarget(parts: Parts, { dataDir, logs, opened }: Place): Target {
  const { postgres, redis, stack, gatewayLink, supervisor } = parts;
  const closing = new AbortController();
  const { signal } = closing;
  const strays: string[] = [];
  let strayNumber = 0;

  const inflict = async (fault: Fault): Promise<FaultOutcome> => {
    switch (fault.component) {
      case 'link-gateway':
        return breakLink(gatewayLink, fault, signal);
      case 'link-postgres':
        return breakLink(postgres.link, fault, signal);
      case 'link-redis':
        return breakLink(redis.link, fault, signal);
      case 'redis':
        return breakServer(redis, fault, signal);
      case 'postgres':
        if (fault.action === 'terminate' || fault.action === 'crash') return hitBackends(postgres.url, fault);
        return breakServer(postgres, fault, signal);
      case 'stray': {
        const name = `stray-${++strayNumber}`;
        const { database, redis } = stack.serviceUrls.consumer;
        const urls = { DATABASE_URL: database, REDIS_URL: redis };
        const env = { ...CHAOS_SETTINGS, ...urls, FAIL_POINTS: fault.failPoint ?? '' };
        const logFile = join(logs, `${name}.log`);
        const end = await runStray({ name, env, logFile, forMs: fault.forMs, signal });
        if (end.signal !== 'SIGKILL') strays.push(`${name} exited (${end.signal ?? `code ${end.code}`})`);
        return DONE;
      }
      default:
        return breakService(stack, fault, signal);
    }
  };

  return {
    url: `http://127.0.0.1:${gatewayLink.port}`,
    logs,
    inflict,
    async query(text) {
      const sql = openTestSql(postgres.url);
      try {
        return String(Object.values((await sql.unsafe(text))[0] ?? {})[0]);
      } finally {
        await sql.end({ timeout: 1 });
      }
    },
    mishaps: async () => [
      ...supervisor.filter((line) => line.includes(' exited (') && !line.includes('(SIGKILL)')),
      ...strays,
      ...mishapsInLogs(logs),
    ],
    async close({ keep }) {
      closing.abort();
      for (const { pid } of stack.processes) signalProcess(pid, 'SIGCONT');
      await opened.disposeAsync();
      if (!keep) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function breakLink(link: Link, { action, forMs }: Fault, signal: AbortSignal): Promise<FaultOutcome> {
  if (action === 'cut') link.cut();
  else link.stall();
  try {
    await delay(forMs, undefined, { signal });
  } finally {
    link.mend();
  }
  return DONE;
}

async function breakServer(
  server: BreakableServer,
  { action, forMs }: Fault,
  signal: AbortSignal,
): Promise<FaultOutcome> {
  if (action === 'kill') await server.kill(forMs, signal);
  else await server.freeze(forMs, signal);
  return DONE;
}

async function breakService(
  stack: Stack,
  { component, action, forMs }: Fault,
  signal: AbortSignal,
): Promise<FaultOutcome> {
  const pid = stack.processes.find(({ name }) => name === component)?.pid;
  if (pid === undefined) return missed('it does not run');
  if (action === 'freeze') {
    signalProcess(pid, 'SIGSTOP');
    await delay(forMs, undefined, { signal }).finally(() => signalProcess(pid, 'SIGCONT'));
    return DONE;
  }
  stack.kill(component, 'SIGKILL');
  // dead already: this keeps it from being started again before its time
  await stack.stopProcess(component);
  await delay(forMs, undefined, { signal });
  // it is ready when both stores answer, and those are being broken as well
  while (!signal.aborted && !(await starts(stack, component)));
  return DONE;
}

async function starts(stack: Stack, name: string): Promise<boolean> {
  try {
    await stack.startProcess(name);
    return true;
  } catch {
    return false;
  }
}

/** Backends of the services, past the link. They may all be gone at the moment. */
async function hitBackends(url: string, { action }: Fault): Promise<FaultOutcome> {
  const sql = openTestSql(url);
  try {
    if (action === 'terminate') {
      const terminated = await sql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'oncelog-%'`;
      return terminated.length > 0 ? DONE : missed('no service is connected');
    }
    const [backend] = await sql<{ pid: number }[]>`
      SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'oncelog-%'
      ORDER BY state = 'active' DESC, application_name LIMIT 1`;
    if (backend === undefined || !signalProcess(backend.pid, 'SIGKILL'))
      return missed('no service is connected');
    return DONE;
  } catch (error) {
    return missed(String(error));
  } finally {
    await sql.end({ timeout: 1 });
  }
}
