import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Stats } from '@oncelog/event-schema';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bury } from './browser/dead-letter.ts';
import { openSystem, range, type System } from './testing/system.ts';

const BIN = fileURLToPath(new URL('../../cli/bin/oncelog.mjs', import.meta.url));
const LINES = 50_000;
/** More digits than a double holds. */
const EXACT = '9007199254740993.125';

interface Command {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The exit code. */
  readonly ended: Promise<number>;
}

vi.setConfig({ testTimeout: 120_000 });

let system: System;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oncelog-cli-'));
  system = await openSystem({ consumers: 2 });
});
afterAll(async () => {
  await system?.close();
  rmSync(dir, { recursive: true, force: true });
});

function start(...args: string[]): Command {
  const { ONCELOG_API_KEY: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...inherited, ONCELOG_URL: system.stack.url },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {}); // it may end before it has read everything
  const ended = once(child, 'close').then(([code]) => code as number);
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

async function oncelog(
  args: readonly string[],
  stdin = '',
): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = start(...args);
  command.child.stdin.end(stdin);
  return { code: await command.ended, stdout: command.stdout(), stderr: command.stderr() };
}

/** What `--json` prints, where the exit code is 0. */
async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await oncelog([...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as T;
}

const eventLine = (topic: string, id: string | number, payload = '{}'): string =>
  `{"topic":"${topic}","event_id":"${id}","timestamp":"2026-01-31T12:00:00Z","source":"cli","payload":${payload}}\n`;

const figuresOf = async (topic: string) => {
  const { by_topic } = (await (await system.get('/stats')).json()) as Stats;
  return by_topic.find((one) => one.topic === topic);
};

describe('publish', () => {
  it('stores a file once, with its digits, and the same again as duplicates', async () => {
    const file = join(dir, 'events.ndjson');
    writeFileSync(
      file,
      range(1_200)
        .map((id) => eventLine('files', id, `{"n":${EXACT}}`))
        .join(''),
    );
    const receipts = async (...args: string[]) =>
      (await json<{ accepted: number; receipts: object }>('publish', '--wait', file, ...args)).receipts;

    expect(await receipts()).toMatchObject({ unique_processed: 1_200, duplicate_dropped: 0, outstanding: 0 });
    expect(await receipts()).toMatchObject({ unique_processed: 0, duplicate_dropped: 1_200 });
    expect(await receipts('--idempotency-key', 'again')).toMatchObject({ duplicate_dropped: 1_200 });
    expect(await receipts('--idempotency-key', 'again')).toMatchObject({ duplicate_dropped: 1_200 });
    expect(await figuresOf('files')).toMatchObject({ received: 3 * 1_200, unique_processed: 1_200 });
    const { stdout } = await oncelog(['events', '--topic', 'files', '--event-id', '7', '--json']);
    expect(stdout).toContain(`"payload":{"n": ${EXACT}}`);
  });

  it('takes JSON from a pipe, and fills in what is missing', async () => {
    const input = JSON.stringify({ events: [{ payload: { a: 1 } }, { payload: { a: 2 } }] }, null, 2);
    const { code, stdout, stderr } = await oncelog(
      ['publish', '-', '--wait', '-t', 'piped', '-s', 'me'],
      input,
    );

    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^2 events accepted \(1 batch, .*\nstored 2, duplicates 0\.\n$/);
    expect(stderr).toMatch(/2 events came without an event_id/);
  });

  it('names the lines that are refused by number and rule, sends the others, and is 1', async () => {
    const lines = range(1_000).map((id) => eventLine('refused', id));
    lines[16] = '{"topic":"refused",\n';
    lines[700] = eventLine('refused', 700).replace('2026-01-31', '2026-02-30');
    lines[900] = `{"topic":"refused","event_id":"${'x'.repeat(300)}","source":"s","payload":{}}\n`;
    const { code, stdout, stderr } = await oncelog(['publish', '--wait', '--json'], lines.join(''));

    expect(code).toBe(1);
    expect(stderr).toMatch(/^oncelog: line 17: it is not JSON/m);
    expect(stderr).toMatch(/^oncelog: line 701: \/timestamp: .*\(timestamp\)$/m);
    expect(stderr).toMatch(/^oncelog: line 901: \/event_id: /m);
    expect(JSON.parse(stdout)).toMatchObject({
      complete: true,
      accepted: 997,
      refused: 3,
      receipts: { unique_processed: 997 },
    });
  });

  it('stores each line once while the gateway is killed and restarted', { timeout: 120_000 }, async () => {
    const publish = start('publish', '--wait', '--json', '--idempotency-key', 'through-kills');
    const { stdin } = publish.child;
    for (let id = 0; id < LINES; id++) {
      if (id % 15_000 === 10_000) system.stack.kill('gateway', 'SIGKILL');
      if (!stdin.write(eventLine('killed', id, `{"text":"${'x'.repeat(100)}"}`))) await once(stdin, 'drain');
    }
    stdin.end();

    expect(await publish.ended, publish.stderr()).toBe(0);
    expect(publish.stderr()).toMatch(/POST \/publish: .*; trying again/);
    expect(JSON.parse(publish.stdout())).toMatchObject({ complete: true, accepted: LINES, refused: 0 });
    await system.settled();
    expect(await figuresOf('killed')).toMatchObject({
      received: LINES,
      unique_processed: LINES,
      duplicate_dropped: 0,
    });
  });

  it('says how far it came when it is stopped', async () => {
    const publish = start('publish', '--json');
    publish.child.stdin.write(eventLine('stopped', 1));
    await expect.poll(() => figuresOf('stopped'), { timeout: 20_000 }).toMatchObject({ unique_processed: 1 });
    publish.child.kill('SIGTERM');

    expect(await publish.ended).toBe(143);
    expect(JSON.parse(publish.stdout())).toMatchObject({ complete: false, accepted: 1 });
  });
});

describe('events', () => {
  it('are found by what they are and what they contain', async () => {
    await oncelog(
      ['publish', '--wait'],
      eventLine('found', 'a', `{"user":{"id":${EXACT}}}`) + eventLine('found', 'b'),
    );

    const { stdout } = await oncelog([
      'events',
      '--topic',
      'found',
      '--contains',
      `{"user":{"id":${EXACT}}}`,
    ]);
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^TIMESTAMP +TOPIC +EVENT ID +SOURCE +PAYLOAD$/),
      expect.stringMatching(
        /^2026-01-31T12:00:00\+00:00 +found +a +cli +\{"user": \{"id": 9007199254740993\.125\}\}$/,
      ),
    ]);
    expect(await oncelog(['events', '--topic', 'nothing'])).toMatchObject({
      code: 0,
      stdout: 'No stored event is like that.\n',
    });
  });

  it('come page after page, all of them; whoever reads them may go', async () => {
    await oncelog(
      ['publish', '--wait'],
      range(2_500)
        .map((id) => eventLine('pages', id))
        .join(''),
    );

    const { stdout } = await oncelog(['events', '--topic', 'pages', '--all', '--json']);
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event_id: string }).event_id);
    expect(new Set(ids).size).toBe(2_500);
    const piped = `set -o pipefail; "${process.execPath}" "${BIN}" events --topic pages --all --json | head -1`;
    const first = execFileSync('bash', ['-c', piped], {
      encoding: 'utf8',
      env: { ...process.env, ONCELOG_URL: system.stack.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(first).toBe(`${stdout.split('\n')[0]}\n`);
  });

  it('that break a rule of the query are refused with its name', async () => {
    const deep = `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`;
    const { code, stderr } = await oncelog(['events', '--contains', deep]);

    expect(code).toBe(1);
    expect(stderr).toMatch(/^oncelog: GET \/events: 422 .*\n {2}contains: /);
  });
});

describe('tail', () => {
  it('follows, goes on where it was after a kill, and ends with 130', { timeout: 60_000 }, async () => {
    const tail = start('tail', '--topic', 'tailed', '--json');
    const seen = () =>
      tail
        .stdout()
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { event_id: string }).event_id);
    // it begins with what is stored from its connection on, and nothing says when that is
    let before = 0;
    await expect
      .poll(
        async () => {
          await oncelog(['publish'], eventLine('tailed', `before-${before++}`));
          return seen().length;
        },
        { timeout: 20_000 },
      )
      .toBeGreaterThan(0);
    system.stack.kill('gateway', 'SIGKILL');
    expect((await oncelog(['publish'], eventLine('tailed', 'after'))).code).toBe(0);
    await expect.poll(seen, { timeout: 30_000 }).toContain('after');
    tail.child.kill('SIGINT');

    expect(await tail.ended).toBe(130);
    expect(new Set(seen()).size).toBe(seen().length);
    expect(tail.stderr()).toMatch(/^oncelog: no connection: .*; trying again\n/);
  });

  it('does not show its key in the list of processes', async () => {
    const tail = start('tail', '--api-key', 'very-secret');
    const shown = () =>
      execFileSync('ps', ['-o', 'args=', '-p', String(tail.child.pid)], { encoding: 'utf8' });
    await expect.poll(shown, { timeout: 10_000 }).toMatch(/^oncelog/);
    expect(shown()).not.toContain('secret');
    tail.child.kill('SIGTERM');

    expect(await tail.ended).toBe(143);
  });
});

describe('figures', () => {
  it('of the whole, of topics and of consumers', async () => {
    await system.settled();
    const stats = await json<Stats>('stats');
    expect(stats).toMatchObject({ ...(await system.stats()), uptime_seconds: expect.any(Number) });
    const topics = await json<{ topic: string; received: number }[]>('topics');
    expect(topics.map(({ topic }) => topic).sort()).toEqual(stats.topics.toSorted());
    expect((await json<{ name: string }[]>('consumers')).map(({ name }) => name)).toEqual([
      'consumer-1',
      'consumer-2',
    ]);
    expect((await oncelog(['consumers'])).stdout).toMatch(/consumer-1 +0 +(active|idle) /);
    expect((await oncelog(['stats'])).stdout).toMatch(/accepted +[\d,]+\nreceived +[\d,]+\n {2}stored/);
  });

  it('again and again', async () => {
    const watch = start('stats', '--watch', '0.1', '--json');
    await expect.poll(() => watch.stdout().split('\n').length, { timeout: 20_000 }).toBeGreaterThan(3);
    watch.child.kill('SIGINT');

    expect(await watch.ended).toBe(130);
    expect(JSON.parse(watch.stdout().split('\n')[0] ?? '')).toMatchObject({ status: 'running' });
  });

  it('health and audit are 0 where all is well', async () => {
    expect(await json('health')).toMatchObject({
      status: 'healthy',
      database: 'connected',
      redis: 'connected',
    });
    expect(await json('audit', '--full')).toMatchObject({ consistent: true, full: true });
    const { stdout } = await oncelog(['audit']);
    expect(stdout).toMatch(/^ +CHECK +LEFT +RIGHT\nok /);
    expect(stdout).toMatch(/\nconsistent, /);
  });
});

describe('dead-letters', () => {
  it('are listed, shown, published again and deleted', { timeout: 60_000 }, async () => {
    const [first, second, third] = await bury(
      system,
      { topic: 'letters', event_id: 'one' },
      { topic: 'letters', event_id: 'two' },
      { topic: 'letters', event_id: 'three' },
    );
    const ids = [first, second, third].map((letter) => letter?.id ?? '');
    const { stdout: listed } = await oncelog(['dead-letters', 'list', '--state', 'open', '--json']);
    expect(
      listed
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id),
    ).toEqual(expect.arrayContaining(ids));
    expect((await oncelog(['dead-letters', 'list'])).stdout).toMatch(
      /ID +BURIED +CODE +EVENTS +SIZE +STATE +REASON +ORIGINAL\n/,
    );
    expect((await oncelog(['dead-letters', 'show', ids[0] ?? ''])).stdout).toMatch(
      /reason +.*test_refuses.*\n(.*\n)+\n\{"topic":"letters"/,
    );

    expect(await oncelog(['dead-letters', 'replay', ids[0] ?? '', '999999999'])).toMatchObject({
      code: 1,
      stdout: '1 dead letter published again, 1 refused.\n',
      stderr: expect.stringMatching(/^oncelog: dead letter 999999999: POST .*: 404 /),
    });
    expect(await json('dead-letters', 'replay', '--batch-id', second?.batch_id ?? '')).toEqual({
      replayed: 2,
      refused: 0,
    });
    await system.settled();
    expect(await figuresOf('letters')).toMatchObject({ unique_processed: 3 });

    expect(await json('dead-letters', 'delete', ids[0] ?? '')).toEqual({ deleted: 1, refused: 0 });
    expect(await json('dead-letters', 'delete', '--state', 'replayed', '--yes')).toEqual({
      deleted: 2,
      refused: 0,
    });
    expect((await oncelog(['dead-letters', 'show', ids[1] ?? ''])).code).toBe(1);
  });
});

describe('load', () => {
  it('is the publisher, with its flags and exit codes', async () => {
    const { code, stdout, stderr } = await oncelog(['load', '--total-events', '300', '--batch-size', '50']);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      published: 300,
      exact: true,
    });

    expect((await oncelog(['load', '--help'])).stdout).toContain('--duplicate-rate');
    const unusable = await oncelog(['load', '--api-key', 'not\u00fcsable']);
    expect(unusable).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^oncelog: --api-key /),
    });
    expect((await oncelog(['load', '--total-events', 'many'])).code).toBe(2);
  });
});

it('completes commands and options in bash', () => {
  const script = `
    oncelog() { "${process.execPath}" "${BIN}" "$@"; }
    source <(oncelog completion bash)
    complete_line() {
      COMP_LINE="$1"; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=($1); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=()
      eval "$(complete -p oncelog | sed 's/.*-F \\([^ ]*\\).*/\\1/')" && echo "\${COMPREPLY[@]}"
    }
    complete_line 'oncelog dead'
    complete_line 'oncelog dead-letters re'
    complete_line 'oncelog publish --wa'`;
  const completed = execFileSync('bash', ['-c', script], { encoding: 'utf8' });

  expect(completed.split('\n').map((line) => line.trim())).toEqual(['dead-letters', 'replay', '--wait', '']);
});

it('an output that cannot be written is 1, said in one line', () => {
  const file = join(dir, 'to-read');
  writeFileSync(file, '');
  const stdout = openSync(file, 'r');
  const { status, stderr } = spawnSync(process.execPath, [BIN, '--help'], {
    stdio: ['ignore', stdout, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(stdout);

  expect(status).toBe(1);
  expect(stderr).toMatch(/^oncelog: the output cannot be written: EBADF.*\n$/);
});

// last: it breaks the store
it('an audit that finds a row missing is 1', async () => {
  await system.settled();
  await system.sql`DELETE FROM processed_events WHERE topic = 'found' AND event_id = 'a'`;
  const { code, stdout } = await oncelog(['audit', '--full']);

  expect(code).toBe(1);
  expect(stdout).toMatch(/^NOT OK /m);
  expect(stdout).toMatch(/\nNOT consistent, at rest: every row counted/);
});
