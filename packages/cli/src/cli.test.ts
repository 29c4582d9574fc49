import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { OutputClosed, StoppedBySignal } from './cli.ts';
import { run, scriptedGateway } from './testing/run-cli.ts';
import { VERSION } from './version.ts';

const dir = mkdtempSync(join(tmpdir(), 'oncelog-cli-'));
afterAll(() => rmSync(dir, { recursive: true }));

const STATS = {
  received: 3,
  unique_processed: 2,
  duplicate_dropped: 1,
  topics: ['a', 'b'],
  uptime_seconds: 1,
  status: 'running',
  accepted: 3,
  dead_lettered: 0,
  in_flight: 0,
  by_topic: [
    { topic: 'a', received: 1, unique_processed: 1, duplicate_dropped: 0 },
    { topic: 'b\u001b[2J', received: 2, unique_processed: 1, duplicate_dropped: 1 },
  ],
};

describe('help', () => {
  test.each([
    [[]],
    [['publish']],
    [['tail']],
    [['events']],
    [['stats']],
    [['topics']],
    [['consumers']],
    [['dead-letters']],
    [['dead-letters', 'list']],
    [['dead-letters', 'show']],
    [['dead-letters', 'replay']],
    [['dead-letters', 'delete']],
    [['audit']],
    [['health']],
    [['completion']],
  ])('%j --help has examples, and the options that all commands have', async (command) => {
    const { code, stdout } = await run([...command, '--help']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/\nExamples.*:\n +(oncelog|source) /);
    expect(stdout).toContain('--api-key-file');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('names the exit codes, and no key', async () => {
    const { stdout } = await run(['--help'], { env: { ONCELOG_API_KEY: 'secret-key' } });

    expect(stdout).toMatch(/130, 143/);
    expect(stdout).not.toContain('secret-key');
  });

  test('the version', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
  });
});

describe('wrong usage is 2', () => {
  test.each([
    [['stat'], /^oncelog: unknown command 'stat' \(Did you mean stats/],
    [['stats', '--ful'], /unknown option '--ful'/],
    [['stats', 'more'], /too many arguments/],
    [['stats', '--timeout', 'x'], /--timeout.*It must be a number of seconds/],
    [['stats', '--url', 'localhost:8080'], /--url or ONCELOG_URL: .*http/],
    [['stats', '--api-key', 'ü'], /key must be visible ASCII/],
    [['stats', '--api-key-file', '/nowhere/at/all'], /--api-key-file: ENOENT/],
    [['events', '--contains', '[]'], /It must be a JSON object/],
    [['events', '--since', 'yesterday'], /It must be a time/],
    [['events', '--all', '--limit', '3'], /exclude each other/],
    [['publish', '--format', 'csv'], /Allowed choices are auto, ndjson, json/],
    [['dead-letters', 'replay'], /say which/],
    [['dead-letters', 'replay', '1', '--all'], /exclude each other/],
    [['dead-letters', 'delete', '--all'], /--yes/],
    [['dead-letters', 'show', 'x'], /It must be the number of a dead letter/],
    [['completion', 'tcsh'], /Allowed choices are/],
  ])('%j', async (args, message) => {
    const { code, stderr, stdout } = await run(args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^oncelog: /);
    expect(stderr).toMatch(message);
  });
});

describe('what a gateway may answer', () => {
  test('nobody listens: one line, 1, soon', async () => {
    const { code, stderr } = await run(['stats', '--url', 'http://127.0.0.1:1']);

    expect(code).toBe(1);
    expect(stderr).toMatch(/^oncelog: GET \/stats failed 3 times: .*\n$/);
  });

  test('garbage', async () => {
    await using gateway = await scriptedGateway({ 'GET /stats': [200, '<html>'] });
    const { code, stderr } = await run(['stats', '--url', gateway.url]);

    expect(code).toBe(1);
    expect(stderr).toMatch(/not an answer of oncelog.*is there an oncelog gateway at --url/);
  });

  test('a problem document', async () => {
    const problem = {
      title: 'The query has parameters that break the rules',
      status: 422,
      detail: '1 rule is broken.',
      errors: [{ pointer: '/query/contains', rule: 'depth', detail: 'It is nested too deep.' }],
    };
    await using gateway = await scriptedGateway({ 'GET /events': [422, problem] });
    const { code, stderr } = await run(['events', '--url', gateway.url]);

    expect(code).toBe(1);
    expect(stderr).toMatch(/422 The query .*\n {2}contains: It is nested too deep\. \(depth\)\n$/);
  });

  test('the time that --timeout gives', async () => {
    await using gateway = await scriptedGateway({ 'GET /stats': [503, {}] });
    const { code, stderr } = await run(['stats', '--url', gateway.url, '--timeout', '0.3']);

    expect(code).toBe(1);
    expect(stderr).toMatch(/gave up after 0.3 s: the answer was 503/);
  });

  test('the key goes along, from the environment, an option or a file', async () => {
    await using gateway = await scriptedGateway({ 'GET /stats': [200, STATS] });
    const file = join(dir, 'key');
    writeFileSync(file, 'of-file\n');
    const env = { ONCELOG_URL: gateway.url, ONCELOG_API_KEY: 'of-env' };
    for (const args of [[], ['--api-key', 'of-option'], ['--api-key-file', file]])
      await run(['stats', ...args], { env });

    expect(gateway.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer of-env',
      'Bearer of-option',
      'Bearer of-file',
    ]);
  });
});

describe('figures', () => {
  test('stats, for people and for programs', async () => {
    await using gateway = await scriptedGateway({ 'GET /stats': [200, STATS] });
    const { stdout } = await run(['stats', '--url', gateway.url]);
    expect(stdout).toMatch(/accepted +3\nreceived +3\n {2}stored +2\n {2}duplicates +1 +33\.3 %\n/);

    const { stdout: json } = await run(['stats', '--json', '--url', gateway.url]);
    expect(JSON.parse(json)).toEqual(STATS);
  });

  test('stats again and again, until it is stopped', async () => {
    await using gateway = await scriptedGateway({ 'GET /stats': [200, STATS] });
    const stop = new AbortController();
    const running = run(['stats', '--watch', '0.01', '--json', '--url', gateway.url], {
      signal: stop.signal,
    });
    await expect.poll(() => gateway.requests.length).toBeGreaterThan(2);
    stop.abort(new StoppedBySignal('SIGINT'));
    const { code, stdout } = await running;

    expect(code).toBe(130);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toContainEqual(STATS);
  });

  test('topics, the largest first, without what a terminal would act upon', async () => {
    await using gateway = await scriptedGateway({ 'GET /stats': [200, STATS] });
    const { stdout } = await run(['topics', '--url', gateway.url]);

    expect(stdout.split('\n').slice(1, 3)).toEqual([
      expect.stringMatching(/^b\\u001b\[2J +2 +1 +1 +50\.0 %$/),
      expect.stringMatching(/^a +1 +1 +0 +0\.0 %$/),
    ]);
  });

  test('consumers', async () => {
    const consumer = {
      name: 'c-1',
      shard: 0,
      state: 'silent',
      pending_entries: 3,
      idle_seconds: 75,
      started_at: null,
      version: null,
    };
    await using gateway = await scriptedGateway({ 'GET /consumers': [200, [consumer]] });
    const { stdout } = await run(['consumers', '--url', gateway.url]);

    expect(stdout).toMatch(/c-1 +0 +silent +3 +1 min 15 s +– +–/);
    expect(JSON.parse((await run(['consumers', '--json', '--url', gateway.url])).stdout)).toEqual([consumer]);
  });

  test('an audit that finds something is 1', async () => {
    const audit = {
      consistent: false,
      at_rest: true,
      full: false,
      checked_at: '2026-01-31T12:00:00Z',
      duration_ms: 12,
      checks: [{ name: 'received = rows', holds: false, left: 3, right: 2, detail: 'A row is missing.' }],
      figures: {},
    };
    await using gateway = await scriptedGateway({ 'GET /audit': [200, audit] });
    const { code, stdout } = await run(['audit', '--full', '--url', gateway.url]);

    expect(code).toBe(1);
    expect(stdout).toMatch(/NOT OK +received = rows +3 +2\n.*A row is missing\.\n\nNOT consistent, at rest/s);
    expect(gateway.requests[0]?.what).toBe('GET /audit?full=true');
  });

  test('a gateway that is not well is 1', async () => {
    const health = {
      status: 'unhealthy',
      database: 'error: connection refused',
      redis: 'connected',
      timestamp: 't',
    };
    await using gateway = await scriptedGateway({ 'GET /health': [503, health] });
    const { code, stdout } = await run(['health', '--url', gateway.url]);

    expect(code).toBe(1);
    expect(stdout).toBe('gateway   unhealthy\nPostgres  error: connection refused\nRedis     connected\n');
  });
});

describe('tail', () => {
  const event =
    '{"topic":"t","event_id":"e","timestamp":"2026-01-31T12:00:00Z","source":"s","payload":{"n":9007199254740993},"processed_at":"p"}';

  test('ends after so many, tells gaps, and keeps digits', async () => {
    await using gateway = await scriptedGateway({
      'GET /tail': (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(
          `id: 1\ndata: ${event}\n\nevent: dropped\nid: 2\ndata: {"events":7,"reason":"rate"}\n\nid: 3\ndata: ${event}\n\n`,
        );
      },
    });
    const json = await run(['tail', '--limit', '2', '--json', '--url', gateway.url]);
    expect(json).toEqual({
      code: 0,
      stdout: `${event}\n${event}\n`,
      stderr: 'oncelog: 7 events left out here: they come too fast\n',
    });

    const { stdout } = await run(['tail', '--limit', '1', '--url', gateway.url]);
    expect(stdout).toBe('2026-01-31T12:00:00Z  t  s  e  {"n":9007199254740993}\n');
  });

  test('gives up without a connection when --timeout says so', async () => {
    const { code, stderr } = await run(['tail', '--timeout', '0.1', '--url', 'http://127.0.0.1:1']);

    expect(code).toBe(1);
    expect(stderr).toMatch(/no connection: .*; trying again\noncelog: gave up after 0.1 s/);
  });
});

describe('publish', () => {
  const accepting = (response: import('node:http').ServerResponse, body: string): void => {
    const queued = (JSON.parse(body) as { events: unknown[] }).events.length;
    response.writeHead(202).end(JSON.stringify({ status: 'accepted', queued, message: 'm', batch_id: 'b' }));
  };

  test('a list, an object and lines are the same; digits stay', async () => {
    await using gateway = await scriptedGateway({ 'POST /publish': accepting });
    const event = '{"event_id":"e","timestamp":"2026-01-31T12:00:00Z","payload":{"n":9007199254740993}}';
    const args = ['publish', '--topic', 't', '--source', 's', '--url', gateway.url];
    for (const stdin of [event, `[${event}]`, `{"events": [${event}]}`, `\n${event}\n`]) {
      expect(await run(args, { stdin })).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^1 event accepted \(1 batch/),
      });
    }

    const bodies = new Set(gateway.requests.map(({ body }) => body));
    expect([...bodies]).toEqual([`{"events":[${`{"topic":"t","source":"s",${event.slice(1)}`}]}`]);
  });

  test('names the lines that are none, sends the others, and is 1', async () => {
    await using gateway = await scriptedGateway({ 'POST /publish': accepting });
    const good = '{"topic":"t","source":"s","payload":{}}';
    const stdin = `${good}\n{"topic":\n${good}\n{"payload":{}}\n`;
    const { code, stdout, stderr } = await run(['publish', '--json', '--url', gateway.url], { stdin });

    expect(code).toBe(1);
    expect(stderr).toMatch(/line 2: it is not JSON: .*\(json\)\noncelog: line 4: \/topic: .*\(event\)\n/);
    expect(JSON.parse(stdout)).toMatchObject({
      complete: true,
      accepted: 2,
      refused: 2,
      without_event_id: 3,
    });
  });

  test('nothing to send is no failure', async () => {
    expect(await run(['publish'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^0 events accepted/),
    });
  });

  test('no such file, and a folder', async () => {
    expect(await run(['publish', join(dir, 'nothing')])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/cannot be read: ENOENT/),
    });
    expect(await run(['publish', dir])).toMatchObject({
      code: 1,
      stderr: `oncelog: ${dir} cannot be read: it is a directory\n`,
    });
  });

  test('a refusal that is nobody’s line ends it, and says from where', async () => {
    await using gateway = await scriptedGateway({
      'POST /publish': [401, { title: 'No key', status: 401, detail: 'A key is needed.' }],
    });
    const stdin = '{"topic":"t","source":"s","payload":{}}\n';
    const { code, stderr } = await run(['publish', '--url', gateway.url], { stdin });

    expect(code).toBe(1);
    expect(stderr).toMatch(/POST \/publish: 401 No key: A key is needed\. \(ONCELOG_API_KEY/);
    expect(stderr).toMatch(/not complete: 0 events accepted; from line 1 on/);
  });

  test('under a key, keys and ids follow from it', async () => {
    await using gateway = await scriptedGateway({ 'POST /publish': accepting });
    const stdin = '{"topic":"t","source":"s","payload":{}}\n'.repeat(3);
    await run(['publish', '-k', 'import-7', '-b', '2', '--concurrency', '1', '--url', gateway.url], {
      stdin,
    });

    expect(gateway.requests.map(({ headers }) => headers['idempotency-key'])).toEqual([
      'import-7/0',
      'import-7/1',
    ]);
    const ids = gateway.requests.flatMap(
      ({ body }) => (JSON.parse(body) as { events: { event_id: string }[] }).events,
    );
    expect(ids.map(({ event_id }) => event_id)).toEqual(['import-7:1', 'import-7:2', 'import-7:3']);
  });
});

test('whoever reads the output may go', async () => {
  const stop = new AbortController();
  stop.abort(new OutputClosed());

  expect((await run(['stats', '--watch'], { signal: stop.signal })).code).toBe(0);
});

test.each<[string[], string[]]>([
  [['dead'], ['dead-letters']],
  [['dead-letters', 're'], ['replay']],
  [
    ['dead-letters', 'list', '--state', ''],
    ['open', 'replayed'],
  ],
  [['dead-letters', 'list', '--state', '=', 'o'], ['open']],
  [['publish', '--wa'], ['--wait']],
  [['publish', '--wait', ''], [':files']],
  [['publish', '-t', 'topic', ''], [':files']],
  [['publish', '-t', ''], []],
  [['publish', 'file', ''], []],
  [['--json', 'stats', '--wat'], ['--watch']],
  [['stats', '--ti'], ['--timeout']],
  [['--api-key-file', ''], [':files']],
  [['completion', 'z'], ['zsh']],
  [['nothing', 'like', 'that'], []],
])('what %j may become', async (words, expected) => {
  const { code, stdout } = await run(['complete', '--', ...words]);

  expect(code).toBe(0);
  expect(
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t')[0]),
  ).toEqual(expected);
});
