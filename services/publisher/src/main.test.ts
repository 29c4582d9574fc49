import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { type SmallGatewayOptions, smallGateway } from './testing/small-gateway.ts';

function start(
  env: Record<string, string>,
): ChildProcess & { output: Promise<string>; exited: Promise<unknown[]> } {
  const args = ['--conditions=@oncelog/source', `${import.meta.dirname}/main.ts`];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return Object.assign(child, { output: text(child.stdout), exited: once(child, 'exit') });
}

test('the process ends by itself after an exact run, whatever connections it kept', async () => {
  await using gateway = await smallGateway();
  const publisher = start({ TARGET_URL: gateway.url, TOTAL_EVENTS: '1000' });

  expect(await publisher.exited).toEqual([0, null]);
  const lines = (await publisher.output).trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    published: 1_000,
    unique_processed: 700,
    exact: true,
  });
});

const unavailable: SmallGatewayOptions['early'] = (_request, response) => {
  response.writeHead(503, { 'Retry-After': '60' }).end();
  return true;
};

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends it at once in the middle of a long wait', async (signal, code) => {
  await using gateway = await smallGateway({ early: unavailable });
  const publisher = start({ TARGET_URL: gateway.url });
  await expect.poll(() => gateway.keys.length, { timeout: 15_000 }).toBe(8);
  publisher.kill(signal);

  expect(await publisher.exited).toEqual([code, null]);
  expect(await publisher.output).toMatch(/stopped before the end, nothing was checked/);
});
