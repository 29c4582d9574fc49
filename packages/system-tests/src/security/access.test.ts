import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient } from '@oncelog/client';
import createTransport from '@oncelog/pino-transport';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { publishDemo } from '../browser/publish-demo.ts';
import { event, openSystem, type System } from '../testing/system.ts';
import { bearer, createKey, idOf, ONCELOG, removeKey, secretOf } from './keys.ts';

const GATEWAY = fileURLToPath(new URL('../../../../services/gateway/dist/main.js', import.meta.url));

let folder: string;
let file: string;
let system: System;
/** By what they may do. `ours` and `theirs` publish and read, the topics that their names say. */
let keys: Record<'publish' | 'read' | 'admin' | 'ours' | 'theirs' | 'expired', string>;
/** Everything that anybody was ever answered. */
const answered: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'oncelog-access-'));
  file = join(folder, 'keys.json');
  const of = (...scopes: string[]) => scopes.flatMap((scope) => ['--scope', scope]);
  keys = {
    publish: await createKey(file, ...of('publish'), '--name', 'producers'),
    read: await createKey(file, ...of('read'), '--name', 'dashboards'),
    admin: await createKey(file, ...of('admin')),
    ours: await createKey(file, ...of('publish', 'read'), '--topic', 'ours.'),
    theirs: await createKey(file, ...of('publish', 'read'), '--topic', 'theirs.', '--topic', 'others.'),
    expired: await createKey(file, ...of('publish', 'read', 'admin')),
  };
  expireLast(file);
  system = await openSystem({
    consumers: 1,
    headers: bearer(keys.admin),
    // at its most talkative, for who looks for secrets in logs
    serviceEnv: { API_KEYS_FILE: file, LOG_LEVEL: 'trace' },
  });
}, 120_000);
afterAll(async () => {
  await system?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The command makes none that has expired already. */
function expireLast(path: string): void {
  const entries = JSON.parse(readFileSync(path, 'utf8')) as object[];
  const expired = { ...entries.at(-1), expires_at: '2026-01-01T00:00:00Z' };
  writeFileSync(path, JSON.stringify([...entries.slice(0, -1), expired]));
}

/** Asks without the key that `system.request` has; the answer is held against the gateway's own description. */
async function ask(
  line: string,
  init: RequestInit = {},
): Promise<{ status: number; text: string; response: Response }> {
  const [method = '', path = ''] = line.split(' ');
  const response = await fetch(`${system.stack.url}${path}`, { redirect: 'manual', ...init, method });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  await system.api.answer(method, path, isStream ? response : response.clone());
  if (isStream) await response.body?.cancel();
  const text = isStream ? '' : await response.text();
  answered.push(`${JSON.stringify([...response.headers].filter(([name]) => name !== 'set-cookie'))} ${text}`);
  return { status: response.status, text, response };
}

/** A cookie, as a browser has it that has signed in. */
async function signIn(key: string): Promise<string> {
  const { status, response } = await ask('POST /session', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ api_key: key }),
  });
  expect(status).toBe(200);
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

const OURS = 'ours.created';
const json = (body: unknown): RequestInit => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const publishing: RequestInit = json({ events: [event({ topic: OURS })] });
const lines: RequestInit = {
  headers: { 'content-type': 'application/x-ndjson' },
  body: `${JSON.stringify(event({ topic: OURS }))}\n`,
};
const cloudEvent: RequestInit = {
  headers: { 'content-type': 'application/cloudevents+json' },
  body: JSON.stringify({ specversion: '1.0', id: '1', source: '/shop', type: OURS }),
};

/** Who asks, in the order of the table's columns. */
const WHO = ['no key', 'publish', 'read', 'admin', 'ours', 'theirs', 'session', 'foreign page'] as const;
type Who = (typeof WHO)[number];

interface Row {
  /** A request of this operation. */
  readonly line: string;
  readonly init?: RequestInit;
  /** What each of {@link WHO} is answered. `session` is that of an admin, `foreign page` the same from another site. */
  readonly statuses: string;
}

const OPEN = (status: number): string => WHO.map(() => status).join(' ');
const ID = crypto.randomUUID();

/** Every operation that there is. A new one needs a row here. */
const TABLE: Readonly<Record<string, Row | readonly Row[]>> = {
  //                                                            no  publ read admn ours thrs sess frgn
  'POST /publish': [
    { line: 'POST /publish', init: publishing, statuses: '       401 202 403 202 202 403 202 403' },
    { line: 'POST /publish', init: lines, statuses: '            401 202 403 202 202 403 202 403' },
    { line: 'POST /publish', init: cloudEvent, statuses: '       401 202 403 202 202 403 202 403' },
  ],
  'GET /events': [
    { line: `GET /events?topic=${OURS}`, statuses: '             401 403 200 200 200 403 200 200' },
    { line: `GET /events?topic=${OURS}&topic=x`, statuses: '     401 403 200 200 403 403 200 200' },
    { line: 'GET /events', statuses: '                           401 403 200 200 403 403 200 200' },
    { line: 'HEAD /events', statuses: '                          401 403 200 200 403 403 200 200' },
  ],
  'GET /tail': [
    { line: `GET /tail?topic=${OURS}`, statuses: '               401 403 200 200 200 403 200 200' },
    { line: 'GET /tail', statuses: '                             401 403 200 200 403 403 200 200' },
  ],
  'GET /batches': { line: `GET /batches?batch_id=${ID}`, statuses: '401 200 200 200 200 200 200 200' },
  'GET /stats': { line: 'GET /stats', statuses: '                401 403 200 200 403 403 200 200' },
  'GET /audit': { line: 'GET /audit', statuses: '                401 403 200 200 403 403 200 200' },
  'GET /live': { line: 'GET /live', statuses: '                  401 403 200 200 403 403 200 200' },
  'GET /consumers': { line: 'GET /consumers', statuses: '        401 403 200 200 403 403 200 200' },
  'GET /metrics': { line: 'GET /metrics', statuses: '            401 403 200 200 403 403 200 200' },
  'GET /dead-letters': { line: 'GET /dead-letters', statuses: '  401 403 200 200 403 403 200 200' },
  'DELETE /dead-letters': {
    line: 'DELETE /dead-letters?code=none',
    statuses: '                                                  401 403 403 200 403 403 200 403',
  },
  'POST /dead-letters/replay': {
    line: 'POST /dead-letters/replay',
    init: json({ code: 'none' }),
    statuses: '                                                  401 403 403 200 403 403 200 403',
  },
  'GET /dead-letters/{id}': { line: 'GET /dead-letters/9', statuses: '401 403 404 404 403 403 404 404' },
  'DELETE /dead-letters/{id}': {
    line: 'DELETE /dead-letters/9',
    statuses: '                                                  401 403 403 404 403 403 404 403',
  },
  'POST /dead-letters/{id}/replay': {
    line: 'POST /dead-letters/9/replay',
    statuses: '                                                  401 403 403 404 403 403 404 403',
  },
  'GET /session': { line: 'GET /session', statuses: '            401 200 200 200 200 200 200 200' },
  'DELETE /session': { line: 'DELETE /session', statuses: '      204 204 204 204 204 204 204 403' },
  'POST /session': [], // below: it fails on purpose, and is limited

  'GET /': { line: 'GET /', statuses: OPEN(200) },
  'GET /openapi.json': { line: 'GET /openapi.json', statuses: OPEN(200) },
  'GET /docs': { line: 'GET /docs', statuses: OPEN(200) },
  'GET /dashboard': { line: 'GET /dashboard', statuses: OPEN(200) },
  'GET /health': { line: 'GET /health', statuses: OPEN(200) },
  'GET /health/live': { line: 'GET /health/live', statuses: OPEN(200) },
  'GET /health/ready': { line: 'GET /health/ready', statuses: OPEN(200) },
};

const ROWS = Object.values(TABLE).flat();

const withHeaders = (init: RequestInit | undefined, headers: Record<string, string>): RequestInit => ({
  ...init,
  headers: { ...(init?.headers as Record<string, string> | undefined), ...headers },
});

function headersOf(who: Who, cookie: string): Record<string, string> {
  switch (who) {
    case 'no key':
      return {};
    case 'session':
      return { cookie, 'sec-fetch-site': 'same-origin' };
    case 'foreign page':
      return { cookie, 'sec-fetch-site': 'cross-site' };
    default:
      return bearer(keys[who]);
  }
}

it('has a row for every operation', async () => {
  const { paths } = (await (await system.get('/openapi.json')).json()) as {
    paths: Record<string, Record<string, { security?: object[] }>>;
  };
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(Object.keys(TABLE).sort()).toEqual(operations.sort());
  // and the description says of each whether a key is asked for
  const asking = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { security }]) =>
      security === undefined ? [] : [`${method.toUpperCase()} ${path}`],
    ),
  );
  const refusing = Object.entries(TABLE).flatMap(([name, rows]) =>
    [rows].flat().some(({ statuses }) => statuses.trim().startsWith('401')) ? [name] : [],
  );
  expect(asking.sort()).toEqual(refusing.sort());
});

describe('each operation, for each kind of key', () => {
  it.each(ROWS)('$line', async ({ line, init, statuses }) => {
    const cookie = await signIn(keys.admin);
    const told: Record<string, number> = {};
    for (const who of WHO) told[who] = (await ask(line, withHeaders(init, headersOf(who, cookie)))).status;
    const expected = statuses.trim().split(/\s+/).map(Number);
    expect(told).toEqual(Object.fromEntries(WHO.map((who, at) => [who, expected[at]])));
  });

  it.each(ROWS)('$line, with what is no key', async ({ line, init, statuses }) => {
    const [without = 0] = statuses.trim().split(/\s+/).map(Number);
    const { admin, expired } = keys;
    const wrong: Record<string, Record<string, string>> = {
      'another secret': bearer(`olk_${idOf(admin)}_${secretOf(expired)}`),
      'an unknown ID': bearer(`olk_abcdefghijkl_${secretOf(admin)}`),
      'a key that has expired': bearer(expired),
      'a key cut off': bearer(admin.slice(0, -1)),
      'a key twice': bearer(`${admin} ${admin}`),
      'a secret alone': bearer(secretOf(admin)),
      'an empty token': { authorization: 'Bearer ' },
      'another scheme': { authorization: `Basic ${Buffer.from(`admin:${admin}`).toString('base64')}` },
      'a wrong X-API-Key': { 'x-api-key': 'olk_' },
      'a session that nobody signed': {
        cookie: `oncelog_session=${idOf(admin)}.9999999999999.${'A'.repeat(43)}`,
      },
      'a key as a cookie': { cookie: `oncelog_session=${admin}` },
    };
    for (const [what, headers] of Object.entries(wrong)) {
      const { status, text } = await ask(line, withHeaders(init, headers));
      expect(`${what}: ${status}`).toBe(`${what}: ${without}`);
      if (without === 401 && !line.startsWith('HEAD'))
        expect(JSON.parse(text)).toMatchObject({ code: 'unauthenticated' });
    }
  });

  it('X-API-Key is as good as a bearer token', async () => {
    expect((await ask('GET /stats', { headers: { 'x-api-key': keys.read } })).status).toBe(200);
    expect((await ask('GET /stats', { headers: { 'x-api-key': keys.publish } })).status).toBe(403);
  });

  it('what is refused is not published', async () => {
    const secretly = json({ events: [event({ topic: OURS, event_id: 'secretly' })] });
    for (const who of ['no key', 'read', 'theirs', 'foreign page'] as const) {
      const cookie = await signIn(keys.admin);
      expect([401, 403]).toContain(
        (await ask('POST /publish', withHeaders(secretly, headersOf(who, cookie)))).status,
      );
    }
    await system.settled();
    expect(await system.events('?event_id=secretly')).toEqual([]);
  });
});

describe('POST /session', () => {
  it.each([
    [400, '{'],
    [401, JSON.stringify({ api_key: 'x' })],
    [422, '{}'],
    [422, '{"api_key":7}'],
    [413, JSON.stringify({ api_key: 'x'.repeat(20_000) })],
  ])('answers %i', async (status, body) => {
    const init = { headers: { 'content-type': 'application/json' }, body };
    expect((await ask('POST /session', init)).status).toBe(status);
  });

  it('answers who may not, and who has tried too often', async () => {
    const plain = { headers: { 'content-type': 'text/plain' }, body: '{}' };
    expect((await ask('POST /session', plain)).status).toBe(415);
    const foreign = withHeaders(json({ api_key: keys.read }), { 'sec-fetch-site': 'cross-site' });
    expect((await ask('POST /session', foreign)).status).toBe(403);
    await vi.waitFor(
      async () => expect((await ask('POST /session', json({ api_key: keys.expired }))).status).toBe(429),
      { timeout: 10_000, interval: 10 },
    );
  });
});

describe('keys that change', () => {
  it('count within seconds, and end what they have begun', async () => {
    const key = await createKey(file, '--scope', 'read');
    const status = async () => (await ask('GET /stats', { headers: bearer(key) })).status;
    await expect.poll(status, { timeout: 20_000 }).toBe(200);
    const response = await fetch(`${system.stack.url}/tail`, { headers: bearer(key) });
    expect(response.status).toBe(200);
    const ended = (async () => {
      try {
        for await (const _ of response.body ?? []);
      } catch {
        // cut off
      }
    })();
    await removeKey(file, key);
    await expect.poll(status, { timeout: 20_000 }).toBe(401);
    await ended;
  });
});

describe('who asks by something of ours', () => {
  it('the SDK', async () => {
    const client = createClient({
      url: system.stack.url,
      apiKey: keys.ours,
      topic: 'ours.sdk',
      source: 'sdk',
    });
    await client.publish({ event_id: 'sdk-1', payload: {} });
    await client.close();
    await expect(createClient({ url: system.stack.url }).stats()).rejects.toMatchObject({ status: 401 });
    await expect(createClient({ url: system.stack.url, apiKey: keys.ours }).stats()).rejects.toMatchObject({
      status: 403,
    });
  });

  it('the pino transport', async () => {
    const { url } = system.stack;
    const transport = createTransport({ url, apiKey: keys.ours, topic: 'ours.logs', source: 'pino' });
    transport.write('{"level":30,"time":1769860800000,"msg":"with a key"}\n');
    transport.end();
    await once(transport, 'close');
    await expect.poll(() => system.events('?topic=ours.logs'), { timeout: 20_000 }).toHaveLength(1);
  });

  const run = promisify(execFile);

  it('the command line, by a variable, a file and an option', async () => {
    const keyFile = join(folder, 'read.key');
    writeFileSync(keyFile, `${keys.read}\n`);
    const stats = async (args: string[], env: Record<string, string> = {}) => {
      const { stdout } = await run(process.execPath, [ONCELOG, 'stats', '--json', ...args], {
        env: { ...process.env, ONCELOG_URL: system.stack.url, ...env },
      });
      return (JSON.parse(stdout) as { status: string }).status;
    };
    expect(await stats([], { ONCELOG_API_KEY: keys.read })).toBe('running');
    expect(await stats(['--api-key-file', keyFile])).toBe('running');
    expect(await stats(['--api-key', keys.read])).toBe('running');
    await expect(stats([])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ONCELOG_API_KEY'),
    });
  });

  it('the publisher', async () => {
    const settings = { TOTAL_EVENTS: '500' };
    const published = await publishDemo(system.stack.url, { ...settings, API_KEY: keys.admin });
    expect(published).toMatchObject({ published: 500, exact: true });
    await expect(publishDemo(system.stack.url, { ...settings, API_KEY: keys.read })).rejects.toThrow();
    const keyFile = join(folder, 'admin.key');
    writeFileSync(keyFile, keys.admin);
    const load = [ONCELOG, 'load', '--api-key-file', keyFile, '--total-events', '200'];
    const { stdout } = await run(process.execPath, load, {
      env: { ...process.env, ONCELOG_URL: system.stack.url },
    });
    expect(stdout).toContain('"exact":true');
  });
});

describe('without keys', () => {
  const start = async (settings: Record<string, string>) => {
    const { databaseUrl, redisUrl } = system.stack;
    const child = spawn(process.execPath, [GATEWAY], {
      env: { ...process.env, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, PORT: '0', ...settings },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    let stop = (): void => {
      stop = () => {}; // a second signal would be impatience
      child.kill('SIGTERM');
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('gateway listening')) stop();
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  };

  it('a gateway that others can reach does not start, unless that is asked for', {
    timeout: 90_000,
  }, async () => {
    const refused = await start({ HOST: '0.0.0.0' });
    expect(refused.code).toBe(78);
    expect(refused.output).toContain('ALLOW_ANONYMOUS=true');
    expect(refused.output).not.toContain('gateway listening');
    const asked = await start({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' });
    expect([asked.code, asked.output]).toEqual([0, expect.stringContaining('gateway listening')]);
    const withKeys = await start({ HOST: '0.0.0.0', API_KEYS_FILE: file });
    expect([withKeys.code, withKeys.output]).toEqual([0, expect.stringContaining('gateway listening')]);
  });

  it('broken keys are told of without what they say', async () => {
    const broken = await start({ API_KEYS: `[{"id":"${keys.admin}"}]` });
    expect([broken.code, broken.output]).toEqual([78, expect.stringContaining('API_KEYS: /0/id')]);
    const brokenFile = join(folder, 'broken.json');
    writeFileSync(brokenFile, `[{"hash":"${keys.admin}"}]`);
    const read = await start({ API_KEYS_FILE: brokenFile });
    expect([read.code, read.output]).toEqual([1, expect.stringContaining('/0/hash')]);
    expect(broken.output + read.output).not.toContain(secretOf(keys.admin));
  });
});

describe('what is secret', () => {
  const secrets = () => {
    const hashes = (JSON.parse(readFileSync(file, 'utf8')) as { hash: string }[]).map(({ hash }) =>
      hash.slice(7),
    );
    return [...Object.values(keys).map(secretOf), ...hashes];
  };

  it('is in no log and in no answer, whatever was asked', () => {
    const logs = readdirSync(join(system.dataDir, 'logs')).map((name) => ({
      name,
      text: readFileSync(join(system.dataDir, 'logs', name), 'utf8'),
    }));
    const gateway = logs.find(({ name }) => name.startsWith('gateway'))?.text ?? '';
    // the log is talkative, and names keys by their IDs
    for (const key of [keys.read, keys.publish, keys.expired])
      expect(gateway).toContain(`"keyId":"${idOf(key)}"`);
    expect(gateway).toContain('"reason":"wrong-secret"');
    expect(gateway).toContain('"reason":"expired"');
    for (const secret of secrets()) {
      for (const { name, text } of logs) expect(text.includes(secret), name).toBe(false);
      expect(answered.some((text) => text.includes(secret))).toBe(false);
    }
  });

  it('is in no title of a process', async () => {
    const child = spawn(
      process.execPath,
      [ONCELOG, 'tail', '--api-key', keys.read, '--url', system.stack.url],
      {
        stdio: 'ignore',
      },
    );
    const title = () => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8');
    await expect.poll(title, { timeout: 10_000 }).toMatch(/^oncelog\0*$/);
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      let title = '';
      try {
        title = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        continue; // it has ended
      }
      for (const secret of secrets()) expect(title).not.toContain(secret);
    }
    child.kill();
    await once(child, 'close');
  });
});

it('every answer about keys that is documented was seen', () => {
  // those of the rate limit are seen by api.test.ts
  const ofKeys = (answer: string): boolean =>
    /^\w+ \/session | 40[13]$/.test(answer) && !/^(GET|DELETE) \/session (429|503)$/.test(answer);
  const unseen = system.api.documented.filter((answer) => ofKeys(answer) && !system.api.seen.has(answer));
  expect(unseen.sort()).toEqual([
    'DELETE /session 500',
    'GET /session 500',
    'POST /session 500',
    'POST /session 503',
  ]);
});
