import { expect, test } from 'vitest';
import { runCli } from './cli.ts';
import { StoppedBySignal } from './stopped-by-signal.ts';
import { capturedStream } from './testing/captured-stream.ts';
import { manualClock } from './testing/manual-clock.ts';
import { smallGateway } from './testing/small-gateway.ts';

async function run(
  args: readonly string[],
  { env = {}, isTTY = false, signal = new AbortController().signal } = {},
) {
  const stdout = capturedStream();
  const stderr = capturedStream({ isTTY });
  const random = { seed: () => 1, runId: () => 'run-1' };
  const code = await runCli({ args, env, stdout, stderr, clock: manualClock(), random }, signal);
  return { code, stdout: stdout.text().trimEnd().split('\n'), stderr: stderr.text() };
}

test('without a terminal: JSON lines, the last of them the result', async () => {
  await using gateway = await smallGateway();
  const { code, stdout, stderr } = await run(['--total-events', '1000'], {
    env: { TARGET_URL: gateway.url },
  });

  expect(code).toBe(0);
  expect(stderr).toBe('');
  expect(stdout.map((line) => JSON.parse(line).msg)).toEqual([
    'publishing',
    'the figures are exact',
    undefined,
  ]);
  expect(JSON.parse(stdout.at(-1) ?? '')).toMatchObject({
    published: 1_000,
    unique_processed: 700,
    exact: true,
  });
});

test('on a terminal: the person’s view on standard error, only the result on standard output', async () => {
  await using gateway = await smallGateway();
  const { code, stdout, stderr } = await run(['--target-url', gateway.url], { isTTY: true });

  expect(code).toBe(0);
  expect(stdout).toHaveLength(1);
  expect(JSON.parse(stdout[0] ?? '')).toMatchObject({
    published: 20_000,
    duplicate_dropped: 6_000,
    exact: true,
  });
  expect(stderr).toContain('The figures are exact.');
});

test('a flag wins over its environment variable', async () => {
  await using gateway = await smallGateway();
  const env = { TARGET_URL: gateway.url, TOTAL_EVENTS: '10', BATCH_SIZE: '3' };
  const { stdout } = await run(['--total-events=20'], { env });

  expect(JSON.parse(stdout.at(-1) ?? '')).toMatchObject({ published: 20 });
  expect(gateway.keys).toHaveLength(7);
});

test('figures that differ: exit code 1, with the result', async () => {
  await using gateway = await smallGateway({
    receipt: (receipt) => ({ ...receipt, unique_processed: receipt.unique_processed - 1 }),
  });
  const { code, stdout } = await run(['--target-url', gateway.url, '--total-events', '100']);

  expect(code).toBe(1);
  expect(JSON.parse(stdout.at(-2) ?? '').differences).toContain('unique_processed is 69, expected 70');
  expect(JSON.parse(stdout.at(-1) ?? '')).toMatchObject({ exact: false });
});

test('a refusal: exit code 1, without a result', async () => {
  await using gateway = await smallGateway({
    early(_request, response) {
      response.writeHead(404).end();
      return true;
    },
  });
  const { code, stdout } = await run(['--target-url', gateway.url]);

  expect(code).toBe(1);
  expect(JSON.parse(stdout.at(-1) ?? '')).toMatchObject({ level: 50, err: { status: 404 } });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s: exit code %i', async (name, expected) => {
  const signal = AbortSignal.abort(new StoppedBySignal(name));
  const { code, stdout } = await run([], { signal });

  expect(code).toBe(expected);
  expect(JSON.parse(stdout.at(-1) ?? '')).toMatchObject({ signal: name });
});

test('all problems of a configuration at once: exit code 2', async () => {
  const { code, stderr } = await run(['--total-events', 'many'], { env: { BATCH_SIZE: '0' } });

  expect(code).toBe(2);
  expect(stderr).toMatch(/TOTAL_EVENTS must be an integer .* but is "many"\n {2}BATCH_SIZE must be/);
});

test('help', async () => {
  const { code, stdout } = await run(['--help']);

  expect(code).toBe(0);
  expect(stdout[0]).toMatch(/^Publishes generated events/);
});
