import { randomBytes } from 'node:crypto';
import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Stats } from '@oncelog/event-schema';
import { vi } from 'vitest';
import { type Container, docker, findContainers } from './docker.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Building and starting everything, on a machine that has nothing yet. */
const COMPOSE_DEADLINE_MS = 600_000;
const STREAM = 'oncelog:events:{0}';
const GROUP = 'oncelog';

/** The result line of a publisher. */
export type Result = Readonly<Record<string, unknown>>;

/** The repository's docker-compose.yml as a project of its own: containers, volumes, images and port are not shared. */
export interface Project {
  /** What Docker puts before the names of what it makes for the project. */
  readonly name: string;
  readonly compose: (...args: string[]) => Promise<string>;
  /** Of one service, without those of `docker compose run`. */
  readonly containers: (service: string) => Promise<Container[]>;
  /** Waits until exactly `replicas` containers of a service exist and all are healthy. */
  readonly healthy: (service: string, replicas: number) => Promise<Container[]>;
  /** Waits until the container has ended, then resolves to its exit code and the last line of its output. */
  readonly ended: (id: string) => Promise<{ exitCode: number; result: Result }>;
  /** Starts a publisher of its own beside the one of the compose file; resolves to the container's ID. */
  readonly startPublisher: (settings: Readonly<Record<string, string>>) => Promise<string>;
  readonly stats: () => Promise<Stats>;
  readonly psql: (...args: string[]) => Promise<string>;
  /** How many entries each member of the consumer group has pending, by the host name of its container. */
  readonly pending: () => Promise<Map<string, number>>;
  /** Host names of the containers whose members have read from the stream. */
  readonly readers: () => Promise<Set<string>>;
  /** What somebody needs to understand a failure. */
  readonly diagnosis: () => Promise<string>;
  /** Removes all that the project made. */
  readonly remove: () => Promise<void>;
}

export function openProject(): Project {
  const name = process.env['TEST_COMPOSE_PROJECT'] ?? `oncelog-test-${randomBytes(4).toString('hex')}`;
  const options = { cwd: ROOT, env: environment(), timeoutMs: COMPOSE_DEADLINE_MS };
  const compose = (...args: string[]) =>
    docker(
      ['compose', '--project-name', name, '--env-file', devNull, '--progress', 'plain', ...args],
      options,
    );
  const containers = (service: string) =>
    findContainers({
      'com.docker.compose.project': name,
      'com.docker.compose.service': service,
      'com.docker.compose.oneoff': 'False',
    });
  const redis = async (...command: string[]): Promise<unknown> =>
    JSON.parse(await compose('exec', '-T', 'broker', 'operator', '--json', ...command));
  const members = async () => (await redis('XINFO', 'CONSUMERS', STREAM, GROUP)) as Member[];

  return {
    name,
    compose,
    containers,
    healthy: (service, replicas) =>
      vi.waitFor(async () => allHealthy(await containers(service), { service, replicas }), {
        timeout: 120_000,
        interval: 500,
      }),
    ended: (id) => vi.waitFor(() => outcome(id), { timeout: 180_000, interval: 250 }),
    async startPublisher(settings) {
      const flags = Object.entries(settings).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
      return (await compose('run', '--detach', '--no-deps', ...flags, 'publisher')).trim();
    },
    async stats() {
      const address = (await compose('port', 'gateway', '8080')).trim();
      return (await (await fetch(`http://${address}/stats`)).json()) as Stats;
    },
    psql: (...args) => compose('exec', '-T', 'storage', 'psql', '-U', 'oncelog', '-d', 'oncelog', ...args),
    pending: async () => new Map((await members()).map((member) => [hostOf(member), member.pending])),
    readers: async () => new Set((await members()).filter(({ inactive }) => inactive >= 0).map(hostOf)),
    diagnosis: async () =>
      `${await compose('ps', '--all')}\n${await compose('logs', '--no-color', '--tail', '25')}`,
    async remove() {
      const everything = ['--profile', '*', 'down', '--volumes', '--rmi', 'local', '--remove-orphans'];
      await compose(...everything, '--timeout', '5');
    },
  };
}

/** Ours, but for what would change the stack; any free host port. */
function environment(): NodeJS.ProcessEnv {
  const { TOTAL_EVENTS, DUPLICATE_RATE, BATCH_SIZE, DELAY_BETWEEN_BATCHES, CONCURRENCY, SEED, ...rest } =
    process.env;
  const { SETTLE_TIMEOUT, LOG_LEVEL, STREAM_SHARDS, CONSUMERS, COMPOSE_FILE, COMPOSE_PROFILES, ...more } =
    rest;
  const { API_KEYS_DIR, API_KEY, ALLOW_ANONYMOUS, SESSION_SECRET, TRUST_PROXY_HOPS, ...unlimited } = more;
  const { RATE_LIMIT_REQUESTS, CORS_ORIGINS, MAX_CONNECTIONS, ...env } = unlimited;
  const ports = { GATEWAY_PORT: '0', PROMETHEUS_PORT: '0', GRAFANA_PORT: '0' };
  return { ...env, ...ports, DOCKER_CLI_HINTS: 'false' };
}

interface Member {
  readonly name: string;
  readonly pending: number;
  /** Milliseconds since it last got an entry; -1 when it never did. */
  readonly inactive: number;
}

/** A member's name is the host name and a process ID. */
function hostOf({ name }: Member): string {
  return name.replace(/-\d+$/, '');
}

function allHealthy(
  found: Container[],
  { service, replicas }: { service: string; replicas: number },
): Container[] {
  const states = found.map(({ State }) => State.Health?.Status ?? State.Status);
  if (states.length === replicas && states.every((state) => state === 'healthy')) return found;
  throw new Error(`${service} should be ${replicas} times healthy, but is: ${states.join(', ')}`);
}

async function outcome(id: string): Promise<{ exitCode: number; result: Result }> {
  const [container] = JSON.parse(await docker(['inspect', id])) as Container[];
  const { Status, ExitCode } = container?.State ?? { Status: 'missing', ExitCode: -1 };
  const lines = (await docker(['logs', '--tail', '5', id])).trimEnd();
  if (Status !== 'exited') throw new Error(`${id} is still ${Status}:\n${lines}`);
  return { exitCode: ExitCode, result: JSON.parse(lines.split('\n').at(-1) ?? '') as Result };
}
