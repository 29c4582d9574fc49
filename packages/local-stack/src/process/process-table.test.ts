import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { poll } from './poll.ts';
import { identify, isRunning } from './process-table.ts';

it('knows a process again', () => {
  const identity = identify(process.pid);
  expect(identity).toMatch(new RegExp(`^${process.pid} \\S`));
  expect(isRunning(identity ?? '')).toBe(true);
});

it('does not take a process with the same pid that began at another time for it', () => {
  const [pid, began] = (identify(process.pid) ?? '').split(' ');
  expect(isRunning(`${pid} ${Number(began) - 1}`)).toBe(false);
});

it('sees that a process is gone', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  const identity = identify(child.pid ?? 0) ?? '';
  expect(isRunning(identity)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isRunning(identity)).toBe(false);
  expect(isRunning('')).toBe(false);
});

it('counts a zombie as gone', async () => {
  // The shell becomes a sleep that never collects the child it has inherited from the shell.
  const parent = spawn('sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 60']);
  const [output] = await once(parent.stdout, 'data');
  const gone = await poll(() => identify(Number(output)) === undefined, { deadlineMs: 5_000 });
  parent.kill('SIGKILL');
  expect(gone).toBe(true);
});
