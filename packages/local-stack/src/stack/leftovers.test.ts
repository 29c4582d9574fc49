import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { recordProcess } from '../process/pid-file.ts';
import { identify } from '../process/process-table.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { stopLeftovers } from './leftovers.ts';

/** A process of another parent's making, as far as the code under test can tell. */
async function startStranger(source: string): Promise<number> {
  const child = spawn(process.execPath, ['-e', `${source}; console.log('up'); setInterval(() => {}, 1000)`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

function setUp() {
  const runDir = join(temporaryFolder(), 'run');
  mkdirSync(runDir);
  const lines: string[] = [];
  return { runDir, lines, stop: () => stopLeftovers(runDir, (line) => lines.push(line)) };
}

it('stops what was recorded, also what does not care to stop', async () => {
  const { runDir, lines, stop } = setUp();
  const polite = await startStranger('');
  const stubborn = await startStranger('process.on("SIGTERM", () => {})');
  recordProcess(join(runDir, 'gateway.pid'), polite);
  recordProcess(join(runDir, 'redis.pid'), stubborn);
  await stop();
  expect([identify(polite), identify(stubborn)]).toEqual([undefined, undefined]);
  expect(lines).toEqual(['stopping what a killed supervisor has left: gateway, redis']);
  expect(readdirSync(runDir)).toEqual([]);
});

it('spares a stranger that has been given the pid meanwhile', async () => {
  const { runDir, lines, stop } = setUp();
  const stranger = await startStranger('');
  const identity = identify(stranger) ?? '';
  writeFileSync(join(runDir, 'gateway.pid'), `${stranger}\n`);
  writeFileSync(join(runDir, 'gateway.process'), `${stranger} 1\n`);
  writeFileSync(join(runDir, 'consumer-1.pid'), `${stranger}\n`);
  await stop();
  expect(identify(stranger)).toBe(identity);
  expect(lines).toEqual([]);
  expect(readdirSync(runDir)).toEqual([]);
});
