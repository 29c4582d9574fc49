import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { standIns } from '../testing/stand-ins.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { publish } from './publish.ts';

function setUp(source: string) {
  const dir = temporaryFolder();
  const relayed: string[] = [];
  const stop = new AbortController();
  const pidFile = join(dir, 'publisher.pid');
  const { publisher } = standIns(dir, { publisher: source });
  const run = (url = 'http://127.0.0.1:1') =>
    publish({ relay: (line) => relayed.push(line), signal: stop.signal }, { entry: publisher, url, pidFile });
  return { run, relayed, stop, pidFile };
}

it('gives the last line as the result and relays the others', async () => {
  const { run, relayed, pidFile } = setUp(
    'console.log("one"); console.log("two"); console.log(`{"received":1}`)',
  );
  expect(await run()).toEqual({ succeeded: true, result: '{"received":1}' });
  expect(relayed).toEqual(['one', 'two']);
  expect(existsSync(pidFile)).toBe(false);
});

it('has failed when the publisher says so, with its result all the same', async () => {
  const { run } = setUp('console.log(`{"received":1}`); process.exitCode = 1');
  expect(await run()).toEqual({ succeeded: false, result: '{"received":1}' });
});

it.each(['', 'console.log("[1]")', 'console.log("oops")'])(
  'has failed without a JSON object: %s',
  async (source) => {
    expect(await setUp(source).run()).toEqual({ succeeded: false });
  },
);

it('tells the publisher where the gateway is and how much to publish', async () => {
  const { run } = setUp(
    'const { TARGET_URL, TOTAL_EVENTS } = process.env; console.log(JSON.stringify({ TARGET_URL, TOTAL_EVENTS }))',
  );
  const { result } = await run('http://127.0.0.1:7');
  expect(JSON.parse(result ?? '')).toEqual({ TARGET_URL: 'http://127.0.0.1:7', TOTAL_EVENTS: '20000' });
});

it('ends the publisher when it is called off', async () => {
  const server = createServer((_, response) => {
    stop.abort();
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { run, stop } = setUp('await fetch(process.env.TARGET_URL); setInterval(() => {}, 1000)');
  const { port } = server.address() as AddressInfo;
  expect((await run(`http://127.0.0.1:${port}`)).succeeded).toBe(false);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
