import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { repositoryRoot } from '../docs/markdown-files.ts';

export interface LoadTestRun {
  /** As k6 has them: 0 all thresholds are met, 99 they are not, 107 the script has thrown, 108 it has stopped the test. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of standard output, where there is one. */
  readonly result: Result | undefined;
}

interface Result {
  readonly published: number;
  readonly received: number;
  readonly unique_processed: number;
  readonly duplicate_dropped: number;
  readonly dead_lettered: number;
  readonly exact: boolean;
  readonly retries: number;
  readonly run_id: string;
  readonly differences: readonly string[];
  readonly failed_thresholds: readonly string[];
}

const RUNNER = fileURLToPath(new URL('./runner/main.ts', import.meta.url));
const SCRIPT = `${repositoryRoot}infra/k6/load-test.js`;

/** Runs infra/k6/load-test.js as k6 would, with these settings. */
export async function runLoadTest(settings: Readonly<Record<string, string | number>>): Promise<LoadTestRun> {
  const given = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
  const child = spawn(process.execPath, [RUNNER, SCRIPT], {
    env: { PATH: process.env['PATH'], ...given },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  return { exitCode, stdout, stderr, result: last === '' ? undefined : (JSON.parse(last) as Result) };
}
