import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from './testing/free-port.ts';

/** `npm start` and `npm run demo` after their bootstrap, as processes. */
const MAIN = fileURLToPath(new URL('../../local-stack/dist/main.js', import.meta.url));

interface Run {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exit: Promise<number | null>;
}

let dataDir: string;
let runs: Run[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'oncelog-commands-'));
  runs = [];
});
afterEach(async () => {
  for (const { child, exit } of runs) {
    child.kill('SIGTERM');
    await exit;
  }
  rmSync(dataDir, { recursive: true, force: true });
});

function run(command: string, env: Record<string, string> = {}): Run {
  const { DATABASE_URL: _d, REDIS_URL: _r, ...inherited } = process.env;
  const child = spawn(process.execPath, [MAIN, command], {
    env: { ...inherited, DATA_DIR: dataDir, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const started = { child, stdout: () => stdout, stderr: () => stderr, exit };
  runs.push(started);
  return started;
}

const ready = (started: Run, port: number) =>
  expect.poll(started.stdout, { timeout: 60_000 }).toContain(`oncelog ready: http://127.0.0.1:${port}`);

/** Processes whose command line or environment names the data folder. */
const leftBehind = () => {
  const found = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return found.filter((line) => line.includes(dataDir));
};

describe('demo', () => {
  it('ends with the exact figures, and again with fresh events', { timeout: 120_000 }, async () => {
    const port = String(await freePort());
    for (const _ of [1, 2]) {
      const demo = run('demo', { PORT: port, CI: '1' });
      expect(await demo.exit, demo.stderr()).toBe(0);
      expect(JSON.parse(demo.stdout().trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
        published: 20_000,
        received: 20_000,
        unique_processed: 14_000,
        duplicate_dropped: 6_000,
        seconds: expect.any(Number),
        events_per_second: expect.any(Number),
      });
      expect(leftBehind()).toEqual([]);
    }
  });
});

describe('start', () => {
  it('serves until SIGTERM, leaves no process, and keeps its data', { timeout: 120_000 }, async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const first = run('start', { PORT: String(port), CONSUMERS: '2' });
    await ready(first, port);
    const pids = readdirSync(join(dataDir, 'run')).filter((file) => file.endsWith('.pid'));
    expect(pids.sort()).toEqual([
      'consumer-1.pid',
      'consumer-2.pid',
      'gateway.pid',
      'postgres.pid',
      'redis.pid',
    ]);
    const gatewayPid = Number(readFileSync(join(dataDir, 'run', 'gateway.pid'), 'utf8'));
    expect(execFileSync('ps', ['-o', 'args=', '-p', String(gatewayPid)], { encoding: 'utf8' })).toMatch(
      /oncelog-gateway/,
    );
    const event = {
      topic: 't',
      event_id: 'kept',
      timestamp: '2026-01-01T00:00:00Z',
      source: 's',
      payload: {},
    };
    const body = JSON.stringify({ events: [event] });
    await fetch(`${url}/publish`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    await expect.poll(async () => (await fetch(`${url}/events`)).json(), { timeout: 10_000 }).toHaveLength(1);

    const stoppedAt = performance.now();
    first.child.kill('SIGTERM');
    expect(await first.exit, first.stderr()).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
    expect(leftBehind()).toEqual([]);
    expect(() => process.kill(gatewayPid, 0)).toThrow();
    expect(readdirSync(join(dataDir, 'run')).filter((file) => file.endsWith('.pid'))).toEqual([]);

    const second = run('start', { PORT: String(port), CONSUMERS: '1' });
    await ready(second, port);
    expect(await (await fetch(`${url}/events`)).json()).toMatchObject([{ event_id: 'kept' }]);
  });

  it('cleans up after a supervisor that was killed', { timeout: 120_000 }, async () => {
    const port = await freePort();
    const first = run('start', { PORT: String(port), CONSUMERS: '1' });
    await ready(first, port);
    const orphan = Number(readFileSync(join(dataDir, 'run', 'gateway.pid'), 'utf8'));
    first.child.kill('SIGKILL');
    const second = run('start', { PORT: String(port), CONSUMERS: '1' });
    await ready(second, port);
    expect(() => process.kill(orphan, 0)).toThrow();
  });

  it.each([
    [
      'a port that is taken',
      async () => ({ PORT: String(await takenPort()) }),
      /port \d+.*in use|already.*use|taken/i,
    ],
    [
      'a Postgres that is not there',
      async () => ({ DATABASE_URL: 'postgres://u:p@127.0.0.1:1/x' }),
      /DATABASE_URL/,
    ],
    ['a Redis that is not there', async () => ({ REDIS_URL: 'redis://127.0.0.1:1' }), /REDIS_URL/],
    ['a setting that does not parse', async () => ({ CONSUMERS: 'many' }), /CONSUMERS/],
    [
      'a wrong setting of a service',
      async () => ({ LOG_LEVEL: 'loud' }),
      /cannot run with its settings: its own messages above say why/,
    ],
  ])(
    'says in one line what to do about %s, exits 1 and leaves nothing behind',
    { timeout: 60_000 },
    async (_, env, line) => {
      const port = await freePort();
      const failing = run('start', { PORT: String(port), ...(await env()) });
      expect(await failing.exit).toBe(1);
      const last = failing.stderr().trimEnd().split('\n').at(-1);
      expect(last).toMatch(line);
      expect(failing.stderr()).not.toMatch(/starting it again/);
      expect(leftBehind()).toEqual([]);
    },
  );
});

const takers: ReturnType<typeof createServer>[] = [];
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  takers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}
afterEach(() => {
  for (const server of takers.splice(0)) server.close();
});
