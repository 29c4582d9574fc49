import { join } from 'node:path';
import { findFreePort } from '../process/free-port.ts';
import type { ServerSpec } from '../process/server.ts';
import { type Supervised, supervise } from '../process/supervise.ts';
import { ensurePortIsFree, ensureWritable, lockDataDir } from './checks.ts';
import { stopLeftovers } from './leftovers.ts';
import { runMigrations } from './migrations.ts';
import {
  databaseUser,
  ensureSecrets,
  migrationEnv,
  type Secrets,
  type ServiceUser,
  urlFor,
} from './secrets.ts';
import { type Entries, type ServiceInput, serviceSpec } from './services.ts';
import type { Settings } from './settings.ts';
import { preparePostgresStorage, prepareRedisStorage } from './storage.ts';
import { withoutStores } from './store-variables.ts';
import { forgetUrls, writeUrls } from './urls.ts';

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
  /**
   * The services have users of their own in given servers too, as they always have in ours: Postgres's are made by the
   * migrations, Redis's must be there. Default: they use the URLs as given.
   */
  readonly ownUsers?: boolean;
  /** More users of an own Redis, as lines of its list: `user test on >test ~* &* +@all`. */
  readonly redisUsers?: readonly string[];
}

/** Where a service finds Postgres and Redis, as which user. */
interface ServiceUrls {
  readonly database: string;
  readonly redis: string;
}

export interface Stack {
  /** The gateway's address. This and the next three are known once `start` has resolved. */
  readonly url: string;
  /** The owner's. */
  readonly databaseUrl: string;
  /** The operator's. */
  readonly redisUrl: string;
  readonly serviceUrls: Readonly<Record<ServiceUser, ServiceUrls>>;
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
  { settings, entries, serviceLogs, serviceEnv, ownUsers = false, redisUsers = [] }: StackConfig,
): Stack {
  const { dataDir, host } = settings;
  const stopping = new AbortController();
  const storage: Supervised[] = [];
  const services: Supervised[] = [];
  const urls = { gateway: '', database: '', redis: '' };
  let secrets: Secrets | undefined;
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

  async function startStorage(secrets: Secrets): Promise<void> {
    const shared = { dataDir, secrets, log };
    const prepared = await Promise.allSettled([
      preparePostgresStorage({ ...shared, externalUrl: settings.databaseUrl }),
      prepareRedisStorage({ ...shared, externalUrl: settings.redisUrl }),
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

  /** In a server of ours each service is a user of its own. */
  function urlsOf(service: ServiceUser): ServiceUrls {
    const own = (external: string | undefined): boolean => ownUsers || external === undefined;
    const { database, redis } = urls;
    if (secrets === undefined) return { database, redis };
    return {
      database: own(settings.databaseUrl)
        ? urlFor(database, databaseUser(service), secrets.database[service])
        : database,
      redis: own(settings.redisUrl) ? urlFor(redis, service, secrets.redis[service]) : redis,
    };
  }

  async function migrateDatabase(secrets: Secrets): Promise<void> {
    const makesUsers = ownUsers || settings.databaseUrl === undefined;
    const env = {
      ...withoutStores(process.env),
      DATABASE_URL: urls.database,
      ...(makesUsers ? migrationEnv(secrets) : {}),
    };
    await runMigrations(entries.migrate, env, stopping.signal);
  }

  async function startServices(): Promise<void> {
    const envOf = (service: ServiceUser) => {
      const { database, redis } = urlsOf(service);
      return { ...serviceEnv, DATABASE_URL: database, REDIS_URL: redis };
    };
    const inherited = withoutStores(process.env);
    const shared = (name: string) =>
      ({
        name,
        inherited,
        output: serviceLogs === 'inherit' ? serviceLogs : { file: join(dataDir, 'logs', `${name}.log`) },
        pidFile: join(dataDir, 'run', `${name}.pid`),
      }) satisfies Partial<ServiceInput>;
    const port = settings.port === 0 ? await findFreePort() : settings.port;
    const gateway = serviceSpec({
      ...shared('gateway'),
      entry: entries.gateway,
      host,
      port,
      env: envOf('gateway'),
    });
    urls.gateway = gateway.url;
    const specs = [gateway];
    for (let number = 1; number <= settings.consumers; number++) {
      const name = `consumer-${number}`;
      specs.push(
        serviceSpec({
          ...shared(name),
          entry: entries.consumer,
          host: '127.0.0.1',
          port: await findFreePort(),
          env: { ...envOf('consumer'), CONSUMER_NAME: name },
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
    secrets = await ensureSecrets(join(dataDir, 'secrets'), redisUsers);
    await startStorage(secrets);
    await migrateDatabase(secrets);
    await startServices();
    writeUrls(dataDir, urls);
  }

  async function stopAll(): Promise<void> {
    await Promise.all(services.map((service) => service.stop()));
    await Promise.all(storage.map((server) => server.stop()));
    forgetUrls(dataDir);
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
    get serviceUrls() {
      return { gateway: urlsOf('gateway'), consumer: urlsOf('consumer') };
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
