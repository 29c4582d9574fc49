import { chmodSync, cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../src/docs/markdown-files.ts';
import type { Project } from './project.ts';

const FOLDER = 'infra/prometheus';
const IN_CONTAINER = '/etc/prometheus';

const inProfile =
  ({ compose }: Project) =>
  (...args: string[]): Promise<string> =>
    compose('--profile', 'observability', ...args);

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

/** A Prometheus in the project, with our configuration but in a hurry. */
export interface RunningPrometheus {
  /** The values of an instant query, by one of its labels (or '' where it has none). */
  values(query: string, label?: string): Promise<Map<string, number>>;
  /** Of the targets, how many of each job are up. */
  targetsUp(): Promise<Record<string, number>>;
  /** The health of each rule. */
  rules(): Promise<
    readonly { readonly name: string; readonly health: string; readonly lastError?: string }[]
  >;
  firing(): Promise<readonly Alert[]>;
  remove(): Promise<void>;
}

/** Checks the configuration, the rules and their tests by Prometheus's own tool; rejects with what it says. */
export async function checkPrometheusFiles(project: Project): Promise<string> {
  const script = [
    `promtool check config ${IN_CONTAINER}/prometheus.yml`,
    `promtool test rules ${IN_CONTAINER}/tests/*.yml`,
  ].join(' && ');
  return inProfile(project)('run', '--rm', '--no-deps', '--entrypoint', 'sh', 'prometheus', '-c', script);
}

/** Starts it. Every second instead of every five, and alerts that wait for two seconds instead of minutes. */
export async function startPrometheus(project: Project): Promise<RunningPrometheus> {
  const dir = mkdtempSync(join(tmpdir(), 'oncelog-prometheus-'));
  const folder = join(dir, 'prometheus');
  hurry(folder);
  const override = join(dir, 'override.yml');
  const services = { prometheus: { volumes: [`${folder}:${IN_CONTAINER}:ro`] } };
  writeFileSync(override, JSON.stringify({ services }));
  const files = ['-f', join(repositoryRoot, 'docker-compose.yml'), '-f', override];
  const compose = inProfile(project);
  await compose(...files, 'up', '--detach', '--no-deps', '--wait', 'prometheus');
  const address = (await compose('port', 'prometheus', '9090')).trim();

  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(`http://${address}/api/v1/${path}`);
    const { status, data, error } = (await response.json()) as { status: string; data: T; error?: string };
    if (status !== 'success') throw new Error(error);
    return data;
  };
  return {
    async values(query, label = '') {
      const { result } = await ask<{ result: Vector }>(`query?query=${encodeURIComponent(query)}`);
      return new Map(result.map(({ metric, value }) => [metric[label] ?? '', Number(value[1])]));
    },
    async targetsUp() {
      const { activeTargets } = await ask<{ activeTargets: Target[] }>('targets?state=active');
      const up = activeTargets.filter(({ health }) => health === 'up');
      const byJob = Map.groupBy(up, ({ labels }) => labels.job);
      return Object.fromEntries([...byJob].map(([job, targets]) => [job, targets.length]));
    },
    async rules() {
      const { groups } = await ask<{ groups: { rules: { name: string; health: string }[] }[] }>('rules');
      return groups.flatMap(({ rules }) => rules);
    },
    async firing() {
      const { alerts } = await ask<{ alerts: Alert[] }>('alerts');
      return alerts.filter(({ state }) => state === 'firing');
    },
    async remove() {
      // else `down`, which knows nothing of the profile, could not remove the network
      await compose('rm', '--stop', '--force', '--volumes', 'prometheus');
      rmSync(dir, { recursive: true });
    },
  };
}

type Vector = { readonly metric: Readonly<Record<string, string>>; readonly value: [number, string] }[];

interface Target {
  readonly labels: { readonly job: string; readonly instance: string };
  readonly health: 'up' | 'down' | 'unknown';
}

/** A copy of the folder that its user in the container can read. */
function hurry(folder: string): void {
  cpSync(join(repositoryRoot, FOLDER), folder, { recursive: true });
  chmodSync(join(folder, '..'), 0o755);
  for (const file of globSync('**/*.yml', { cwd: folder })) {
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8')
      .replaceAll(/^(\s*(?:scrape|evaluation|refresh)_interval): \S+$/gm, '$1: 1s')
      .replaceAll(/^(\s*scrape_timeout): \S+$/gm, '$1: 1s')
      .replaceAll(/^(\s*for): \S+$/gm, '$1: 2s');
    writeFileSync(path, text);
  }
}
