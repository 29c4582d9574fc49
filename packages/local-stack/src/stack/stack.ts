import { join } from 'node:path';
import { findFreePort } from '../process/free-port.ts';
import type { ServerSpec } from '../process/server.ts';
import type { ProcessSpec } from '../process/spawn-process.ts';
import { type Supervised, supervise } from '../process/supervise.ts';
import { ensurePortIsFree, ensureWritable, lockDataDir } from './checks.ts';
import { stopLeftovers } from './leftovers.ts';
import { runMigrations } from './migrations.ts';
import { type Entries, serviceSpec } from './services.ts';
import type { Settings } from './settings.ts';
import { preparePostgresStorage, prepareRedisStorage } from './storage.ts';

export interface StackDeps {
  /** Told, in a line each, what the supervisor does. */
  readonly log: (line: string) => void;
}

export interface StackConfig {
  readonly settings: Settings;
  readonly entries: Entries;
  /** Where the services' own logs go: to our output, or to `<dataDir>/logs/<name>.log`. */
  readonly serviceLogs: 'inherit' | 'files';
  /** Settings of the services, beyond our own environment. */
  readonly serviceEnv?: Readonly<Record<string, string>>;
}

export interface Stack {
  /** The gateway's address. This and the next two are known once `start` has resolved. */
  readonly url: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Those that run at the moment: postgres, redis, gateway, consumer-1 … */
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
  /** Starts everything, in order, and resolves when all of it is ready. Rejects, with nothing left running, when it cannot. */
  start(): Promise<void>;
  /** Stops everything within 10 s: the services, then the servers. Resolves when nothing is left. */
  stop(): Promise<void>;
  /** Kills everything at once. */
  killAll(): void;
  /** Signals one process; when it dies of that, it is started again. */
  kill(name: string, signal: NodeJS.Signals): void;
  /** Stops one process until `startProcess`. */
  stopProcess(name: string): Promise<void>;
  startProcess(name: string): Promise<void>;
}

/** What `start` rejects with when `stop` was called meanwhile. */
export class StackStopped extends Error {
  override readonly name = 'StackStopped';
}

/** The whole system on one machine: storage, migrations, gateway, consumers. Nothing runs before `start`. */
export function createStack(
  { log }: StackDeps,
  { settings, entries, serviceLogs, serviceEnv }: StackConfig,
): Stack {
  const { dataDir, host } = settings;
  const stopping = new AbortController();
  const storage: Supervised[] = [];
  const services: Supervised[] = [];
  const urls = { gateway: '', database: '', redis: '' };
  let releaseLock = () => {};
  let starting: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;

  /** Starts processes side by side. The first that fails stops the start of the others. */
  async function startTogether(group: Supervised[], specs: readonly ServerSpec[]): Promise<void> {
    stopping.signal.throwIfAborted();
    const fresh = specs.map((spec) => supervise({ log }, spec));
    group.push(...fresh);
    const starts = fresh.map((one) => one.start(stopping.signal).catch((error) => stopping.abort(error)));
    await Promise.all(starts);
    stopping.signal.throwIfAborted();
  }

  async function startStorage(): Promise<void> {
    const prepared = await Promise.allSettled([
      preparePostgresStorage({ dataDir, externalUrl: settings.databaseUrl, log }),
      prepareRedisStorage({ dataDir, externalUrl: settings.redisUrl, log }),
    ]);
    const [postgres, redis] = prepared.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    urls.database = postgres?.url ?? '';
    urls.redis = redis?.url ?? '';
    await startTogether(
      storage,
      [postgres?.server, redis?.server].filter((server) => server !== undefined),
    );
  }

  async function startServices(): Promise<void> {
    const env = { ...serviceEnv, DATABASE_URL: urls.database, REDIS_URL: urls.redis };
    const files = (name: string) =>
      ({
        output: serviceLogs === 'inherit' ? serviceLogs : { file: join(dataDir, 'logs', `${name}.log`) },
        pidFile: join(dataDir, 'run', `${name}.pid`),
      }) satisfies { output: ProcessSpec['output']; pidFile: string };
    const port = settings.port === 0 ? await findFreePort() : settings.port;
    const gateway = serviceSpec({
      name: 'gateway',
      entry: entries.gateway,
      host,
      port,
      env,
      ...files('gateway'),
    });
    urls.gateway = gateway.url;
    const specs = [gateway];
    for (let number = 1; number <= settings.consumers; number++) {
      const name = `consumer-${number}`;
      specs.push(
        serviceSpec({
          name,
          entry: entries.consumer,
          host: '127.0.0.1',
          port: await findFreePort(),
          env: { ...env, CONSUMER_NAME: name },
          ...files(name),
        }),
      );
    }
    await startTogether(services, specs);
  }

  async function startAll(): Promise<void> {
    ensureWritable(dataDir);
    releaseLock = await lockDataDir(dataDir, log);
    await stopLeftovers(join(dataDir, 'run'), log);
    if (settings.port !== 0) await ensurePortIsFree(host, settings.port);
    await startStorage();
    await runMigrations(entries.migrate, urls.database, stopping.signal);
    await startServices();
  }

  async function stopAll(): Promise<void> {
    await Promise.all(services.map((service) => service.stop()));
    await Promise.all(storage.map((server) => server.stop()));
    releaseLock();
  }

  function find(name: string): Supervised {
    const found = [...storage, ...services].find((one) => one.name === name);
    if (found === undefined) throw new Error(`No process ${name} in this stack`);
    return found;
  }

  return {
    get url() {
      return urls.gateway;
    },
    get databaseUrl() {
      return urls.database;
    },
    get redisUrl() {
      return urls.redis;
    },
    get processes() {
      return [...storage, ...services].flatMap((one) => {
        const pid = one.pid();
        return pid === undefined ? [] : [{ name: one.name, pid }];
      });
    },
    start() {
      starting ??= startAll().catch(async (error) => {
        await stopAll();
        throw stopping.signal.aborted ? stopping.signal.reason : error;
      });
      return starting;
    },
    stop() {
      stopping.abort(new StackStopped('The stack was stopped'));
      // A start that is under way cleans up after itself.
      stopped ??= starting?.then(stopAll, () => {}) ?? Promise.resolve();
      return stopped;
    },
    killAll() {
      for (const one of [...services, ...storage]) one.killForGood();
      releaseLock();
    },
    kill: (name, signal) => find(name).kill(signal),
    stopProcess: (name) => find(name).stop(),
    startProcess: (name) => find(name).start(stopping.signal),
  };
}
