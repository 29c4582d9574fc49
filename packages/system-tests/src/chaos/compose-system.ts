import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { docker, findContainers } from '../../compose/docker.ts';
import { freePort } from '../testing/free-port.ts';
import { CHAOS_SETTINGS } from './settings.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** Building and starting everything, on a machine that has nothing yet. */
const COMPOSE_DEADLINE_MS = 900_000;

/** The repository's docker-compose.yml as a project of its own, with the settings of chaos. */
export interface ComposeSystem {
  readonly url: string;
  /** The network that the component is reached over by those that it works with. */
  networkOf(component: string): string;
  readonly logs: string;
  /** Container IDs, by the name of the component. */
  readonly containers: ReadonlyMap<string, string>;
  /** One more consumer, that nobody starts again. Resolves to its container's ID. */
  startStray(environment: Readonly<Record<string, string>>): Promise<string>;
  /** Runs SQL text in the storage's container; resolves to what psql prints. */
  psql(sql: string): Promise<string>;
  remove(): Promise<void>;
}

/** Which service of docker-compose.yml each component is. */
export const SERVICES = { gateway: 'gateway', redis: 'broker', postgres: 'storage' } as const;

/** Builds and starts it; waits until all of it is healthy. */
export async function startComposeSystem({ consumers }: { consumers: number }): Promise<ComposeSystem> {
  const project = `oncelog-chaos-${randomBytes(4).toString('hex')}`;
  const dir = mkdtempSync(join(tmpdir(), 'oncelog-chaos-'));
  const logs = join(dir, 'logs');
  mkdirSync(logs);
  const port = await freePort(); // fixed: a container that is started again would get another one
  const compose = composeCommand(project, { dir, consumers, port });
  const remove = async (): Promise<void> => {
    await compose('down', '--volumes', '--rmi', 'local', '--remove-orphans', '--timeout', '5');
  };
  try {
    await compose('up', '--detach', '--build', '--wait', 'gateway', 'consumer');
  } catch (error) {
    await remove();
    throw error;
  }
  const containers = await containersOf(project);
  return {
    url: `http://127.0.0.1:${port}`,
    networkOf: (component) => `${project}_${component === 'gateway' ? 'default' : 'stores'}`,
    logs,
    containers,
    async startStray(environment) {
      const flags = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
      return (await compose('run', '--detach', '--no-deps', ...flags, 'consumer')).trim();
    },
    psql: (sql) => psql(containers.get('postgres') ?? '', sql),
    remove,
  };
}

interface ProjectInput {
  readonly dir: string;
  readonly consumers: number;
  readonly port: number;
}

function composeCommand(project: string, { dir, consumers, port }: ProjectInput) {
  const override = join(dir, 'chaos.json');
  const environment = CHAOS_SETTINGS;
  // JSON is YAML
  writeFileSync(
    override,
    JSON.stringify({ services: { gateway: { environment }, consumer: { environment } } }),
  );
  const {
    COMPOSE_FILE: _,
    COMPOSE_PROFILES: __,
    STREAM_SHARDS: ___,
    LOG_LEVEL: ____,
    ...inherited
  } = process.env;
  const env = { ...inherited, GATEWAY_PORT: String(port), CONSUMERS: String(consumers) };
  const files = ['-f', join(ROOT, 'docker-compose.yml'), '-f', override];
  const fixed = [
    'compose',
    '--project-name',
    project,
    '--env-file',
    devNull,
    '--progress',
    'plain',
    ...files,
  ];
  return (...args: string[]) =>
    docker([...fixed, ...args], { cwd: ROOT, env, timeoutMs: COMPOSE_DEADLINE_MS });
}

/** Containers that are started again keep their IDs. */
async function containersOf(project: string): Promise<Map<string, string>> {
  const labels = (service: string) => ({
    'com.docker.compose.project': project,
    'com.docker.compose.service': service,
    'com.docker.compose.oneoff': 'False',
  });
  const found = new Map<string, string>();
  for (const [component, service] of Object.entries(SERVICES)) {
    const [container] = await findContainers(labels(service));
    if (container === undefined) throw new Error(`there is no container of ${service}`);
    found.set(component, container.Id);
  }
  const consumers = await findContainers(labels('consumer'));
  for (const [index, { Id }] of consumers.entries()) found.set(`consumer-${index + 1}`, Id);
  return found;
}

/** The text goes in by standard input: a proof is too long for an argument. */
async function psql(container: string, sql: string): Promise<string> {
  const command = ['psql', '-X', '-At', '-v', 'ON_ERROR_STOP=1', '-U', 'oncelog', '-d', 'oncelog'];
  const { code, stdout, stderr } = await run(['exec', '-i', container, ...command], `${sql};\n`);
  if (code !== 0) throw new Error(`psql failed (${code}): ${stderr.trim()}`);
  return stdout.trim();
}

/** All that a container has written, to both of its outputs. */
export async function logsOf(container: string): Promise<string> {
  const { stdout, stderr } = await run(['logs', container]);
  return `${stdout}\n${stderr}`;
}

async function run(args: readonly string[], input = '') {
  const child = spawn('docker', args, { stdio: 'pipe' });
  const written = { stdout: '', stderr: '' };
  for (const output of ['stdout', 'stderr'] as const) {
    child[output].setEncoding('utf8').on('data', (text: string) => {
      written[output] += text;
    });
  }
  // a command that fails at once does not read what it is given
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, ...written };
}
