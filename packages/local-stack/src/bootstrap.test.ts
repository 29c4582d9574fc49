import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from './paths.ts';
import { runCommand } from './process/run-command.ts';

it('refuses an old Node.js in one line', async () => {
  const pretend = 'Object.defineProperty(process.versions, "node", { value: "18.20.8" })';
  const bootstrap = join(repositoryRoot, 'packages/local-stack/bootstrap.mjs');
  const { code, output } = await runCommand(process.execPath, [
    '--import',
    `data:text/javascript,${encodeURIComponent(pretend)}`,
    bootstrap,
    'start',
  ]);
  expect({ code, output }).toEqual({
    code: 1,
    output:
      'oncelog: Node.js 20.19 or newer is needed, this is 18.20.8: install it from https://nodejs.org\n',
  });
});
