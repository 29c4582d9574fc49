import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../paths.ts';
import { type RunningServer, type ServerSpec, startOnFreePort, startServer } from '../process/server.ts';
import { type Secrets, urlFor } from '../stack/secrets.ts';
import { findRedisServer } from './find-redis-server.ts';
import { probeRedis } from './probe.ts';

export interface RedisOptions {
  /** Where the append-only file lives. Made when missing. */
  readonly dataDir: string;
  readonly logFile: string;
  readonly pidFile?: string;
  /** Its users; without them everybody may do everything. The URL is then the operator's. */
  readonly users?: Pick<Secrets, 'aclFile' | 'redis'>;
  /** Server settings beside those of `infra/redis.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Runs `redis-server` with `infra/redis.conf`, the same durable settings as everywhere else, on 127.0.0.1. */
export function redisSpec(command: string, port: number, options: RedisOptions): ServerSpec {
  const { users, settings = {} } = options;
  const open = `redis://127.0.0.1:${port}`;
  const url = users === undefined ? open : urlFor(open, 'operator', users.redis.operator);
  mkdirSync(options.dataDir, { recursive: true });
  return {
    process: {
      name: 'redis',
      command,
      args: [
        join(repositoryRoot, 'infra/redis.conf'),
        ...['--bind', '127.0.0.1'],
        ...['--port', String(port)],
        ...['--dir', options.dataDir],
        ...(users === undefined ? [] : ['--aclfile', users.aclFile]),
        ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
        // The command line stays as it is, so that the next supervisor can tell by `--dir` whose server this is.
        ...['--set-proc-title', 'no'],
      ],
      output: { file: options.logFile },
      ...(options.pidFile === undefined ? {} : { pidFile: options.pidFile }),
    },
    url,
    port,
    stop: [{ signal: 'SIGTERM', waitMs: 3_000 }],
    // Long enough to load the append-only file.
    readyDeadlineMs: 120_000,
    isReady: async () => (await probeRedis(url)).outcome === 'ready',
  };
}

/** Starts Redis over `dataDir` and waits until it answers. Without `port` it takes a free one. */
export async function startRedis(options: RedisOptions & { readonly port?: number }): Promise<RunningServer> {
  const command = await findRedisServer();
  return options.port === undefined
    ? startOnFreePort((port) => redisSpec(command, port, options))
    : startServer(redisSpec(command, options.port, options));
}
