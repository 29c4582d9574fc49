import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openOtlpReceiver } from './testing/otlp-receiver.ts';

const FIXTURE = fileURLToPath(new URL('./testing/fixture-main.ts', import.meta.url));

interface Run {
  readonly child: ChildProcess;
  readonly messages: () => string[];
  readonly lines: () => unknown[];
  readonly exit: Promise<number | null>;
}

function run(env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [FIXTURE], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const lines = () =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { msg: string });
  return { child, exit, lines, messages: () => lines().map(({ msg }) => msg) };
}

const started = ({ messages }: Run) => expect.poll(messages, { timeout: 10_000 }).toContain('started');

it.each(['SIGTERM', 'SIGINT'] as const)(
  'stops on %s, closing in reverse order, with exit code 0',
  async (signal) => {
    const service = run();
    await started(service);
    service.child.kill(signal);
    expect(await service.exit).toBe(0);
    expect(service.messages()).toEqual(['started', 'stopping', 'closed last', 'closed first', 'stopped']);
  },
);

it('exits 1 at a second signal', async () => {
  const service = run({ MODE: 'hang' });
  await started(service);
  service.child.kill('SIGTERM');
  await expect.poll(service.messages).toContain('closed last');
  service.child.kill('SIGTERM');
  expect(await service.exit).toBe(1);
});

it.each(['throw', 'reject'])('closes what it opened and exits 1 when it fails: %s', async (mode) => {
  const service = run({ MODE: mode });
  expect(await service.exit).toBe(1);
  expect(service.messages()).toEqual(
    expect.arrayContaining(['failed', 'closed last', 'closed first', 'stopped']),
  );
});

it('names every wrong setting and exits 78', async () => {
  const service = run({ PORT: 'x', LOG_LEVEL: 'loud', OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' });
  expect(await service.exit).toBe(78);
  expect(service.messages()).toEqual(['invalid configuration']);
  const [{ problems } = { problems: [] }] = service.lines() as { problems: string[] }[];
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'LOG_LEVEL',
    'PORT',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
  ]);
});

it('stops in time, with exit code 0, when a collector of traces does not answer', async () => {
  await using collector = await openOtlpReceiver();
  collector.behave('hang');
  const service = run({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, MODE: 'trace' });
  await started(service);
  service.child.kill('SIGTERM');
  expect(await service.exit).toBe(0);
  expect(service.messages()).toEqual(
    expect.arrayContaining(['the last traces could not be exported', 'stopped']),
  );
});
