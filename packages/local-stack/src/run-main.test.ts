import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { repositoryRoot } from './paths.ts';
import { findFreePort } from './process/free-port.ts';
import { recordedProcesses } from './process/pid-file.ts';
import { poll } from './process/poll.ts';
import { identify, isRunning } from './process/process-table.ts';
import { testPostgresUrl, testRedisUrl } from './testing/index.ts';
import { standIns } from './testing/stand-ins.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

/** The program itself, over stand-ins for the services. */
async function setUp(env: Record<string, string | undefined> = {}) {
  const dir = temporaryFolder();
  const entries = JSON.stringify(standIns(dir));
  const runMain = join(repositoryRoot, 'packages/local-stack/src/run-main.ts');
  const main = join(dir, 'main.mjs');
  writeFileSync(
    main,
    `import { runMain } from ${JSON.stringify(runMain)};
     await runMain(process, { built: ${entries}, source: ${entries} });`,
  );
  const dataDir = join(dir, 'data');
  const port = await findFreePort();
  const fullEnv = {
    ...process.env,
    DATA_DIR: dataDir,
    PORT: String(port),
    CONSUMERS: '2',
    DATABASE_URL: testPostgresUrl(),
    REDIS_URL: testRedisUrl(),
    ...env,
  };
  return { dataDir, port, run: (command: string) => start(main, command, fullEnv) };
}

function start(main: string, command: string, env: NodeJS.ProcessEnv) {
  const child: ChildProcess = spawn(process.execPath, [main, command], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { out: '', err: '' };
  child.stdout?.on('data', (text) => {
    output.out += text;
  });
  child.stderr?.on('data', (text) => {
    output.err += text;
  });
  const isReady = async () => {
    const ready = await poll(() => output.out.includes('oncelog ready') || child.exitCode !== null, {
      deadlineMs: 20_000,
    });
    expect(ready && child.exitCode === null, output.err).toBe(true);
  };
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { child, output, isReady, exited };
}

it('runs until SIGTERM, says where it is, and leaves nothing', async () => {
  const { dataDir, port, run } = await setUp();
  const { child, output, isReady, exited } = run('start');
  await isReady();
  expect(output.out).toContain(`oncelog ready: http://127.0.0.1:${port}\n`);
  const left = recordedProcesses(join(dataDir, 'run'));
  expect(left.map(({ name }) => name)).toEqual(['consumer-1', 'consumer-2', 'gateway']);
  child.kill('SIGTERM');
  child.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(left.filter(({ identity }) => isRunning(identity))).toEqual([]);
  expect(readdirSync(join(dataDir, 'run'))).toEqual([]);
});

it('stops when whoever has started it is gone', async () => {
  const { dataDir, run } = await setUp();
  const { child, isReady } = run('start');
  await isReady();
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(readdirSync(join(dataDir, 'run'))).toEqual([]);
});

it('kills everything at the second signal and exits with 1', async () => {
  const { dataDir, run } = await setUp();
  const { child, isReady, output, exited } = run('start');
  await isReady();
  const pids = recordedProcesses(join(dataDir, 'run')).map(({ pid }) => pid);
  // A stopped process does not answer to SIGTERM, so the first signal has to wait for it.
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  child.kill('SIGTERM');
  expect(await poll(() => output.err.includes('stopping'), { deadlineMs: 5_000 })).toBe(true);
  const sent = setInterval(() => child.kill('SIGTERM'), 100);
  expect(await exited).toBe(1);
  clearInterval(sent);
  expect(await poll(() => pids.every((pid) => identify(pid) === undefined), { deadlineMs: 5_000 })).toBe(
    true,
  );
});

it('cleans up after a supervisor that was killed', async () => {
  const { dataDir, run } = await setUp({ DATABASE_URL: undefined, REDIS_URL: undefined });
  const first = run('start');
  await first.isReady();
  const left = recordedProcesses(join(dataDir, 'run'));
  expect(left).toHaveLength(5);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  expect(left.every(({ identity }) => isRunning(identity))).toBe(true);

  const second = run('start');
  await second.isReady();
  expect(second.output.err).toContain(
    'stopping what a killed supervisor has left: consumer-1, consumer-2, gateway',
  );
  expect(left.filter(({ identity }) => isRunning(identity))).toEqual([]);
  second.child.kill('SIGINT');
  expect(await second.exited).toBe(0);
});

it('demo: prints the figures last, after everything has stopped, and keeps the logs in files', async () => {
  const { dataDir, run } = await setUp();
  const { output, exited } = run('demo');
  expect(await exited).toBe(0);
  expect(output.out).toBe('{"published":20000,"received":20000,"status":200}\n');
  expect(output.err).toContain('a line on the way\n');
  expect(readdirSync(join(dataDir, 'run'))).toEqual([]);
  expect(readFileSync(join(dataDir, 'logs/gateway.log'), 'utf8')).toBe('');
});

it('demo: fails when the publisher does', async () => {
  const { output, exited } = (await setUp({ TOTAL_EVENTS: '13' })).run('demo');
  expect(await exited).toBe(1);
  expect(output.err).toContain('oncelog: the demo failed');
});

it('says in one line that the port is taken, before it starts anything', async () => {
  const { dataDir, port, run } = await setUp({ DATABASE_URL: undefined });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { output, exited } = run('start');
  expect(await exited).toBe(1);
  expect(output).toEqual({
    out: '',
    err: `oncelog: Port ${port} is taken: stop what listens there, or set PORT to another port\n`,
  });
  expect(readdirSync(dataDir)).toEqual(['run']);
  await new Promise((resolve) => server.close(resolve));
});

it('reports all wrong settings at once, and an unknown command', async () => {
  const { run } = await setUp({ PORT: 'http', CONSUMERS: 'many' });
  const wrong = run('start');
  expect(await wrong.exited).toBe(1);
  expect(wrong.output.err.trim().split('\n')).toHaveLength(2);
  const unknown = run('restart');
  expect(await unknown.exited).toBe(1);
  expect(unknown.output.err).toBe('oncelog: Unknown command restart: use start, dev, demo or prepare\n');
});
