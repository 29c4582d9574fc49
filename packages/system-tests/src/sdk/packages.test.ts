import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findProgram } from '@oncelog/local-stack';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../testing/free-port.ts';
import { openSystem, range, type System } from '../testing/system.ts';
import { type OutsideProject, outsideProject } from './outside-project.ts';

/** The packages as others get them: packed, installed into an empty project, run with the machine's own Node.js. */
vi.setConfig({ testTimeout: 120_000 });
const repository = fileURLToPath(new URL('../../../../', import.meta.url));

let system: System;
let project: OutsideProject;
beforeAll(async () => {
  [system, project] = await Promise.all([
    openSystem({ consumers: 2 }),
    outsideProject(['client', 'pino-transport'], ['pino']),
  ]);
}, 240_000);
afterAll(async () => {
  project?.close();
  await system?.close();
});

/** The nth example in JavaScript of a package's README, for the gateway of this test. */
function example(name: string, n = 0): string {
  const text = readFileSync(join(repository, 'packages', name, 'README.md'), 'utf8');
  const [, code] = [...text.matchAll(/^```js\n(.*?)^```$/gms)][n] ?? [];
  if (code === undefined) throw new Error(`packages/${name}/README.md has no example ${n}`);
  return code.replaceAll('http://127.0.0.1:8080', system.stack.url);
}

describe('what is installed', () => {
  it('is what was compiled, its licence and its README, and nothing else', () => {
    for (const name of ['client', 'pino-transport']) {
      const folder = join(project.folder, 'node_modules/@oncelog', name);
      expect(readdirSync(folder).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
      const files = readdirSync(join(folder, 'dist'), { recursive: true }).map(String);
      expect(files.filter((file) => !/\.(js|js\.map|d\.ts)$/.test(file))).toEqual([]);
      expect(files.filter((file) => /test/.test(file))).toEqual([]);
    }
  });

  it('compiles against its own types, as strict as can be, without those of Node.js', async () => {
    project.write(
      'types.ts',
      `import { createClient, DeliveryError, type Published, rawJson } from '@oncelog/client';
const client = createClient({ url: 'http://127.0.0.1', topic: 'a' });
export const published: Promise<Published> = client.publish({ source: 'b', payload: { n: 1n, raw: rawJson('1') } });
// @ts-expect-error there is no default for the source
client.publish({ payload: {} });
// @ts-expect-error a payload is an object
client.publish({ source: 'b', payload: 'text' });
export async function ids(): Promise<string[]> {
  const found: string[] = [];
  for await (const event of client.events({ since: new Date() })) found.push(event.event_id);
  for await (const text of client.events({}, { raw: true })) found.push(text.trim());
  for await (const message of client.tail()) if (message.type === 'event') found.push(message.event.source);
  return found;
}
export const again = (error: unknown) => (error instanceof DeliveryError ? client.publish(error.events) : undefined);
`,
    );
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2022', 'dom'],
      types: [],
      skipLibCheck: false,
      noEmit: true,
    };
    project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['types.ts'] }));
    const { resolve } = createRequire(import.meta.url);
    await project.run('node', [join(resolve('typescript/package.json'), '../bin/tsc'), '-p', '.']);
  });
});

describe('@oncelog/client', () => {
  it('can be required by CommonJS', async () => {
    project.write('common.cjs', `console.log(typeof require('@oncelog/client').createClient);`);
    const { stdout } = await project.run('node', ['common.cjs']);
    expect(stdout).toBe('function\n');
  });

  it('does what the example of its README says, and the same again is a duplicate', async () => {
    project.write('example.js', example('client'));
    const before = await system.settled();
    await project.run('node', ['example.js']);
    const first = await system.settled();
    expect(first.unique_processed - before.unique_processed).toBe(1_001);
    expect(first.received - before.received).toBe(1_002);

    const { stdout } = await project.run('node', ['example.js']);
    expect(stdout).toBe('order-1 { item: 9007199254740992, total: 12.5 }\n');
    const twice = await system.settled();
    // without an id of its own each event is another one
    expect(twice.unique_processed - first.unique_processed).toBe(1_000);
    expect(twice.duplicate_dropped - first.duplicate_dropped).toBe(2);
  });
});

describe('@oncelog/pino-transport', () => {
  it('does what the example of its README says', async () => {
    project.write('logs.js', example('pino-transport'));
    const { stderr } = await project.run('node', ['logs.js']);
    await system.settled();

    expect(stderr).toBe('');
    expect(await system.events('?topic=app.logs')).toMatchObject([
      { source: 'shop', payload: { level: 30, msg: 'paid', order: 'order-1', total: 12.5, name: 'shop' } },
    ]);
  });

  it('stores every line once when the gateway is killed and restarted under load and the application ends by itself', {
    timeout: 90_000,
  }, async () => {
    project.write(
      'load.js',
      `import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
const options = { url: process.argv[2], topic: 'app.load', retry: { capMs: 200 } };
const log = pino(pino.transport({ target: '@oncelog/pino-transport', options }));
for (let n = 0; n < 20000; n++) {
  log.info({ n, total: 0.1 }, 'line');
  if (n % 2000 === 0) console.log(n);
  if (n % 100 === 0) await delay(5);
  // the end waits 9 s for what is not delivered: less than a busy machine needs to start a gateway
  if (n === 18000) await once(process.stdin.resume(), 'end');
}
`,
    );
    const { PATH } = process.env;
    const outside = (PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
    const node = findProgram('node', outside.join(':')) ?? process.execPath;
    const child = spawn(node, ['load.js', system.stack.url], {
      cwd: project.folder,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (line === '4000' || line === '12000') system.stack.kill('gateway', 'SIGKILL');
      if (line !== '18000') continue;
      await vi.waitFor(() => system.stats(), { timeout: 30_000, interval: 100 });
      child.stdin.end();
    }
    if (child.exitCode === null) await once(child, 'exit');
    await system.settled();

    expect({ code: child.exitCode, lost: /lost/.test(stderr) ? stderr : '' }).toEqual({ code: 0, lost: '' });
    const stored = await system.sql<{ n: number; times: number }[]>`
      SELECT (payload ->> 'n')::int AS n, count(*)::int AS times FROM processed_events
      WHERE topic = 'app.load' GROUP BY 1 ORDER BY 1`;
    expect(stored.map(({ n, times }) => [n, times])).toEqual(range(20_000).map((n) => [n, 1]));
  });

  it('flush waits until lines are durable, also before a kill', async () => {
    project.write(
      'killed.js',
      `import pino from 'pino';
const log = pino(pino.transport({ target: '@oncelog/pino-transport', options: { url: process.argv[2], topic: 'app.killed' } }));
for (let n = 0; n < 500; n++) log.info({ n }, 'line');
${example('pino-transport', 1)}
process.kill(process.pid, 'SIGKILL');
`,
    );
    await expect(project.run('node', ['killed.js', system.stack.url])).rejects.toMatchObject({
      signal: 'SIGKILL',
    });
    await system.settled();

    const [row] = await system.sql<{ n: number }[]>`
      SELECT count(DISTINCT payload ->> 'n')::int AS n FROM processed_events WHERE topic = 'app.killed'`;
    expect(row?.n).toBe(500);
  });

  it('a gateway that is not there costs the application neither its life nor its silence', async () => {
    project.write(
      'away.js',
      `import pino from 'pino';
const options = { url: 'http://127.0.0.1:${await freePort()}', closeTimeoutMs: 500 };
const log = pino(pino.transport({ target: '@oncelog/pino-transport', options }));
for (let n = 0; n < 10; n++) log.info({ n }, 'line');
`,
    );
    const { stderr } = await project.run('node', ['away.js']);

    expect(stderr).toMatch(/waiting to be delivered, 10 log lines: .*ECONNREFUSED/);
    expect(stderr).toMatch(/9 log lines lost: not delivered before the client was closed/);
  });
});
