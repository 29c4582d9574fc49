import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { poll } from './poll.ts';
import { describeExit, spawnProcess } from './spawn-process.ts';
import { stopProcess } from './stop-process.ts';

function node(dir: string, source: string) {
  return {
    name: 'sample',
    command: process.execPath,
    args: ['-e', source],
    output: { file: join(dir, 'sample.log') },
    pidFile: join(dir, 'run/sample.pid'),
  };
}

it('records the pid for as long as the process runs', async () => {
  const dir = temporaryFolder();
  const spec = node(dir, 'process.stdin.resume(); setInterval(() => {}, 1000)');
  const running = spawnProcess(spec);
  expect(readFileSync(spec.pidFile, 'utf8')).toBe(`${running.pid}\n`);
  running.kill('SIGKILL');
  expect(describeExit(await running.exited)).toBe('SIGKILL');
  expect(existsSync(spec.pidFile)).toBe(false);
  expect(existsSync(join(dir, 'run/sample.process'))).toBe(false);
});

it('appends to the log and puts a long one aside', async () => {
  const dir = temporaryFolder();
  const spec = node(dir, 'console.log("hello"); process.exitCode = 3');
  writeFileSync(spec.output.file, 'before\n');
  expect(describeExit(await spawnProcess(spec).exited)).toBe('code 3');
  expect(readFileSync(spec.output.file, 'utf8')).toBe('before\nhello\n');

  truncateSync(spec.output.file, 11 * 1024 * 1024);
  await spawnProcess(spec).exited;
  expect(readFileSync(spec.output.file, 'utf8')).toBe('hello\n');
  expect(statSync(`${spec.output.file}.1`).size).toBe(11 * 1024 * 1024);
});

it('throws when there is no such program', () => {
  const spec = { ...node(temporaryFolder(), ''), command: '/nowhere/at-all' };
  expect(() => spawnProcess(spec)).toThrow('/nowhere/at-all is missing');
});

it('kills what does not stop when it is asked to', async () => {
  const dir = temporaryFolder();
  const spec = node(
    dir,
    'process.on("SIGTERM", () => console.log("no")); console.log("up"); setInterval(() => {}, 1000)',
  );
  const running = spawnProcess(spec);
  const log = () => readFileSync(spec.output.file, 'utf8');
  expect(await poll(() => log() === 'up\n', { deadlineMs: 10_000 })).toBe(true);
  await stopProcess(running, [{ signal: 'SIGTERM', waitMs: 300 }]);
  expect(log()).toBe('up\nno\n');
  expect(describeExit(await running.exited)).toBe('SIGKILL');
});
