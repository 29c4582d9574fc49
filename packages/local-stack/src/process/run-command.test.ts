import { expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

it('collects what a command says, and passes its input', async () => {
  const result = await runCommand('sh', ['-c', 'cat; echo err >&2; exit 3'], { input: 'in\n' });
  expect(result).toEqual({ code: 3, output: 'in\nerr\n' });
});

it('reports a command that cannot be started or takes too long by a code of null', async () => {
  expect((await runCommand('/nowhere/at-all', [])).code).toBeNull();
  expect((await runCommand('sleep', ['60'], { timeoutMs: 50 })).code).toBeNull();
});
