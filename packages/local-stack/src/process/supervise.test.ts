import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { poll } from './poll.ts';
import { identify, isRunning } from './process-table.ts';
import type { ServerSpec } from './server.ts';
import { supervise } from './supervise.ts';

function setUp(source: string, overrides: Partial<ServerSpec> = {}) {
  const dir = temporaryFolder();
  const log = join(dir, 'sample.log');
  const lines: string[] = [];
  const supervised = supervise(
    { log: (line) => lines.push(line) },
    {
      process: { name: 'sample', command: process.execPath, args: ['-e', source], output: { file: log } },
      url: '',
      port: 0,
      stop: [{ signal: 'SIGTERM', waitMs: 5_000 }],
      readyDeadlineMs: 10_000,
      isReady: async () => readFileSync(log, 'utf8').includes('up'),
      ...overrides,
    },
  );
  onTestFinished(() => supervised.stop());
  return { supervised, lines };
}

const STAY = 'console.log("up"); setInterval(() => {}, 1000)';

it('starts a process again when it dies, until it is stopped', async () => {
  const { supervised, lines } = setUp(STAY);
  await supervised.start();
  const first = supervised.pid();
  supervised.kill('SIGKILL');
  const isAnother = () => supervised.pid() !== undefined && supervised.pid() !== first;
  expect(await poll(isAnother, { deadlineMs: 10_000 })).toBe(true);
  expect(lines).toEqual(['sample exited (SIGKILL), starting it again in 0.5 s']);

  const identity = identify(supervised.pid() ?? 0) ?? '';
  await supervised.stop();
  expect(supervised.pid()).toBeUndefined();
  expect(isRunning(identity)).toBe(false);
});

it('is not started again when it is stopped while it waits', async () => {
  const { supervised, lines } = setUp(STAY);
  await supervised.start();
  supervised.kill('SIGKILL');
  await poll(() => lines.length > 0, { deadlineMs: 5_000 });
  await supervised.stop();
  expect(await poll(() => supervised.pid() !== undefined, { deadlineMs: 800 })).toBe(false);
});

it('gives up on a process that keeps exiting before it was ever ready', async () => {
  const { supervised, lines } = setUp('console.log("no such setting"); process.exit(1)');
  await expect(supervised.start()).rejects.toThrow(
    /^sample exited 3 times before it was ready \(code 1\): see .*sample\.log \(no such setting\)$/,
  );
  expect(lines).toHaveLength(3);
  expect(supervised.pid()).toBeUndefined();
});

it('does not try again what its settings keep from running', async () => {
  const { supervised, lines } = setUp('console.log("PORT is odd"); process.exit(78)');
  await expect(supervised.start()).rejects.toThrow(
    /^sample cannot run with its settings: see .*sample\.log \(PORT is odd\)$/,
  );
  expect(lines).toEqual([]);
  expect(supervised.pid()).toBeUndefined();
});

it('gives up on a process that is never ready', async () => {
  const { supervised } = setUp('setInterval(() => {}, 1000)', { readyDeadlineMs: 300 });
  await expect(supervised.start()).rejects.toThrow('sample was not ready within 0.3 s');
  expect(supervised.pid()).toBeUndefined();
});

it('stops when the start is called off', async () => {
  const { supervised } = setUp('setInterval(() => {}, 1000)');
  const calledOff = new AbortController();
  const starting = supervised.start(calledOff.signal);
  calledOff.abort(new Error('called off'));
  await expect(starting).rejects.toThrow('called off');
  expect(supervised.pid()).toBeUndefined();
});

it('kills what the process has started, too, so that nothing holds on to its port', async () => {
  const grandchild = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); console.log('up', child.pid);`;
  const { supervised } = setUp(`${grandchild} setInterval(() => {}, 1000)`);
  await supervised.start();
  const group = supervised.pid() ?? 0;
  supervised.kill('SIGKILL');
  const groupIsGone = () => {
    try {
      return !process.kill(-group, 0);
    } catch {
      return true;
    }
  };
  expect(await poll(groupIsGone, { deadlineMs: 5_000 })).toBe(true);
});
