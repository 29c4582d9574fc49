import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { runCli } from './cli.ts';
import { capturedStream } from './testing/captured-stream.ts';
import { manualClock } from './testing/manual-clock.ts';
import { type Fault, smallGateway } from './testing/small-gateway.ts';

async function run(args: readonly string[], stderr = capturedStream()) {
  const stdout = capturedStream();
  const random = { seed: () => 1, runId: () => 'run-1' };
  const deps = { args, env: {}, stdout, stderr, clock: manualClock(), random };
  return { code: await runCli(deps, new AbortController().signal), stdout, stderr };
}

test('are served while it runs, and no longer', async () => {
  const stderr = capturedStream();
  const url = (): string => /metrics at (\S+)/.exec(stderr.text())?.[1] ?? '';
  let scraped = '';
  const early: Fault = async (request, response) => {
    if (request === 2) response.writeHead(503, { 'Retry-After': '1' }).end();
    if (request === 3) response.socket?.resetAndDestroy();
    if (request === 10) scraped = await (await fetch(url())).text();
    return request === 2 || request === 3;
  };
  await using gateway = await smallGateway({ early });
  const args = ['--target-url', gateway.url, '--total-events', '1000', '--concurrency', '1'];
  const { code } = await run([...args, '--metrics-port', '0'], stderr);

  expect(code).toBe(0);
  const value = (name: string): number =>
    Number(new RegExp(`^oncelog_publisher_${name} (\\S+)$`, 'm').exec(scraped)?.[1]);
  const of = 'service="publisher"';
  expect(value(`planned_events{${of}}`)).toBe(1_000);
  expect(value(`published_events_total{${of}}`)).toBe(700); // the tenth request is the eighth batch
  expect(value(`retries_total{${of}}`)).toBe(2);
  expect(value(`responses_total{status="202",${of}}`)).toBe(7);
  expect(value(`responses_total{status="503",${of}}`)).toBe(1);
  expect(value(`responses_total{status="none",${of}}`)).toBe(1);
  expect(value(`publish_duration_seconds_count{${of}}`)).toBe(7);
  expect(scraped).toContain('oncelog_build_info{version="');
  await expect(fetch(url())).rejects.toThrow();
});

test('a port that is taken is a bad setting: nothing is published', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as AddressInfo;
  await using gateway = await smallGateway();
  const { code, stderr } = await run(['--target-url', gateway.url, '--metrics-port', String(port)]);

  expect(code).toBe(2);
  expect(stderr.text()).toMatch(/METRICS_PORT: metrics cannot be served: .*EADDRINUSE/);
  expect(gateway.keys).toEqual([]);
  taken.close();
});
