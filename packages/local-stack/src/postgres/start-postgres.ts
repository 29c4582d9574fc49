import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../paths.ts';
import { type RunningServer, type ServerSpec, startOnFreePort, startServer } from '../process/server.ts';
import { findPostgresBinaries, type PostgresBinaries } from './binaries.ts';
import { CLUSTER_NAME, type Cluster, ensureCluster } from './cluster.ts';
import { chooseLauncher, type Launcher } from './server-user.ts';

export interface PostgresOptions {
  /** The cluster's folder. Made when missing; its password is kept in `<clusterDir>.password`. */
  readonly clusterDir: string;
  readonly logFile: string;
  readonly pidFile?: string;
  /** False trades durability for speed. Only for throw-away test clusters. Default true. */
  readonly durable?: boolean;
  /** Server settings beside those of `infra/postgres/postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PreparedPostgres {
  readonly binaries: PostgresBinaries;
  readonly launcher: Launcher;
  readonly cluster: Cluster;
}

/** Finds the programs, chooses the user to run as, and makes the cluster if there is none. */
export async function preparePostgres(options: PostgresOptions): Promise<PreparedPostgres> {
  const binaries = await findPostgresBinaries();
  mkdirSync(dirname(options.clusterDir), { recursive: true });
  const launcher = await chooseLauncher(options.clusterDir, binaries.postgres);
  const cluster = await ensureCluster({ binaries, launcher }, options);
  writeConfiguration(cluster);
  return { binaries, launcher, cluster };
}

/**
 * The same settings as everywhere else, from `infra/postgres/postgresql.conf`. Copied, because the server's user may
 * not be allowed to read the repository.
 */
function writeConfiguration({ dir }: Cluster): void {
  const configuration = readFileSync(join(repositoryRoot, 'infra/postgres/postgresql.conf'));
  writeFileSync(join(dir, 'postgresql.conf'), configuration, { mode: 0o644 });
}

/** How to run the prepared cluster on a port of 127.0.0.1. */
export function postgresSpec(
  { binaries, launcher, cluster }: PreparedPostgres,
  port: number,
  options: PostgresOptions,
): ServerSpec {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // TCP only: a socket file would need a place that is short enough, writable and cleaned up.
    unix_socket_directories: '',
    ...(options.durable === false
      ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
      : {}),
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return {
    process: {
      name: 'postgres',
      ...launcher.commandLine(binaries.postgres, ['-D', cluster.dir, ...flags]),
      output: { file: options.logFile },
      ...(launcher.spawnAs ? { user: launcher.spawnAs } : {}),
      ...(options.pidFile === undefined ? {} : { pidFile: options.pidFile }),
    },
    url: `postgres://${CLUSTER_NAME}:${cluster.password}@127.0.0.1:${port}/${CLUSTER_NAME}`,
    port,
    // Fast shutdown: open connections are cut, where SIGTERM would wait until every client has gone by itself. Then
    // immediate shutdown, without the last checkpoint.
    stop: [
      { signal: 'SIGINT', waitMs: 2_500 },
      { signal: 'SIGQUIT', waitMs: 1_000 },
    ],
    // Long enough to recover from a crash.
    readyDeadlineMs: 120_000,
    isReady: async (pid) => postmasterIsReady(cluster.dir, pid),
  };
}

/** Starts PostgreSQL 18 over `clusterDir` and waits until it takes connections. Without `port` it takes a free one. */
export async function startPostgres(
  options: PostgresOptions & { readonly port?: number },
): Promise<RunningServer> {
  const prepared = await preparePostgres(options);
  return options.port === undefined
    ? startOnFreePort((port) => postgresSpec(prepared, port, options))
    : startServer(postgresSpec(prepared, options.port, options));
}

/** What `pg_ctl --wait` looks at: the first line of postmaster.pid is the pid, the eighth says `ready`. */
function postmasterIsReady(clusterDir: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}
