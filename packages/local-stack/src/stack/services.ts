import { request } from 'node:http';
import { join } from 'node:path';
import { repositoryRoot } from '../paths.ts';
import type { ServerSpec } from '../process/server.ts';
import type { ProcessSpec } from '../process/spawn-process.ts';

/** The arguments of `node` that run each program of the stack. */
export interface Entries {
  readonly migrate: readonly string[];
  readonly gateway: readonly string[];
  readonly consumer: readonly string[];
  readonly publisher: readonly string[];
}

const inRepository = (path: string): string => join(repositoryRoot, path);

/**
 * The services handle bytes and keep nothing: a small young generation, in MB, collected more often, saves some 80 MB
 * of memory. Here and in infra/Dockerfile.
 */
const SMALL_HEAP = '--max-semi-space-size=4';

/** glibc gives each thread an arena of its own, which keeps what was freed in it. */
const FEW_ARENAS = { MALLOC_ARENA_MAX: '2' };

/** The compiled programs. */
export const builtEntries: Entries = {
  migrate: [inRepository('packages/event-store/dist/migrate-main.js')],
  gateway: [SMALL_HEAP, inRepository('services/gateway/dist/main.js')],
  consumer: [SMALL_HEAP, inRepository('services/consumer/dist/main.js')],
  publisher: [inRepository('services/publisher/dist/main.js')],
};

const fromSource = (service: string): string[] => [
  inRepository('node_modules/tsx/dist/cli.mjs'),
  'watch',
  '--clear-screen=false',
  '--conditions=@oncelog/source',
  inRepository(`services/${service}/src/main.ts`),
];

/** The services from their sources, loaded again whenever one of those changes. */
export const sourceEntries: Entries = {
  ...builtEntries,
  gateway: fromSource('gateway'),
  consumer: fromSource('consumer'),
};

export interface ServiceInput {
  /** `gateway`, `consumer-1`. */
  readonly name: string;
  readonly entry: readonly string[];
  readonly host: string;
  readonly port: number;
  /** Our own environment, but for what `env` says. */
  readonly inherited: Readonly<NodeJS.ProcessEnv>;
  readonly env: Readonly<Record<string, string>>;
  readonly output: ProcessSpec['output'];
  readonly pidFile: string;
}

/** A service, ready when its `/health/ready` answers 200. */
export function serviceSpec(input: ServiceInput): ServerSpec {
  const { name, entry, host, port, inherited, env, output, pidFile } = input;
  const url = `http://${urlHost(host)}:${port}`;
  return {
    process: {
      name,
      command: process.execPath,
      args: entry,
      env: { ...FEW_ARENAS, ...inherited, HOST: host, PORT: String(port), ...env },
      output,
      pidFile,
    },
    url,
    port,
    // Together with the servers' plans this keeps the whole stop below 10 s.
    stop: [{ signal: 'SIGTERM', waitMs: 5_500 }],
    readyDeadlineMs: 30_000,
    isReady: () => answersOk(`${url}/health/ready`),
  };
}

/** The address at which we reach what listens on `host`. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/** Without keep-alive: a connection left open would be one more that the service has to wait for when it stops. */
function answersOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(url, { agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
