import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const SHOWN_LINES = 60;

export interface DockerOptions {
  readonly cwd?: string;
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly timeoutMs?: number;
}

/**
 * Runs `docker` to its end and resolves to its standard output.
 *
 * @throws with the end of what it said, when it fails or takes too long
 */
export async function docker(
  args: readonly string[],
  { timeoutMs = 60_000, ...options }: DockerOptions = {},
): Promise<string> {
  try {
    const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES } as const;
    return (await run('docker', args, { ...options, ...limits })).stdout;
  } catch (error) {
    const { code, killed, stdout = '', stderr = '' } = error as Failure;
    const why = killed === true ? `took more than ${timeoutMs} ms` : `failed (${code})`;
    const said = `${stdout}${stderr}`.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
    throw new Error(`docker ${args.join(' ')} ${why}:\n${said}`, { cause: error });
  }
}

interface Failure {
  readonly code?: number | string;
  readonly killed?: boolean;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** Of `docker inspect`, what the tests look at. */
export interface Container {
  readonly Id: string;
  readonly Name: string;
  /** The image's ID. */
  readonly Image: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
    readonly ExitCode: number;
    /** RFC 3339 in UTC, so that they sort as text. */
    readonly StartedAt: string;
    readonly FinishedAt: string;
    readonly Health?: { readonly Status: 'starting' | 'healthy' | 'unhealthy' };
  };
  readonly Config: {
    readonly User: string;
    readonly Hostname: string;
    readonly StopSignal?: string;
    readonly Healthcheck?: { readonly Test: readonly string[] };
    readonly Labels: Readonly<Record<string, string>>;
    readonly Env: readonly string[] | null;
  };
  readonly HostConfig: {
    readonly Init?: boolean | null;
    readonly PortBindings: Readonly<Record<string, readonly { readonly HostIp: string }[]>> | null;
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    /** Bytes; 0 for no limit. */
    readonly Memory: number;
    /** Billionths of a processor; 0 for no limit. */
    readonly NanoCpus: number;
    readonly PidsLimit: number | null;
  };
  readonly Mounts: readonly {
    readonly Name?: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
}

/** The containers that bear all these labels, stopped ones too, by name. */
export async function findContainers(labels: Readonly<Record<string, string>>): Promise<Container[]> {
  const filters = Object.entries(labels).map(([label, value]) => `--filter=label=${label}=${value}`);
  const ids = (await docker(['ps', '--all', '--quiet', '--no-trunc', ...filters]))
    .split('\n')
    .filter(Boolean);
  if (ids.length === 0) return [];
  const found = JSON.parse(await docker(['inspect', ...ids])) as Container[];
  return found.sort((a, b) => a.Name.localeCompare(b.Name, 'en', { numeric: true }));
}
