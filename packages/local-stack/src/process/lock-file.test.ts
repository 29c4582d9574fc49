import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { takeLock, withLock } from './lock-file.ts';

it('is held by one process at a time', () => {
  const file = join(temporaryFolder(), 'locks/one');
  const first = takeLock(file);
  expect(takeLock(file)).toEqual({ outcome: 'held', ownerPid: process.pid });
  if (first.outcome === 'taken') first.release();
  expect(takeLock(file).outcome).toBe('taken');
});

it('is taken from an owner that is gone, whoever has its pid now', () => {
  const file = join(temporaryFolder(), 'one');
  writeFileSync(file, `${process.pid} 1\n`);
  expect(takeLock(file).outcome).toBe('taken');
});

it('lets others wait for their turn, also after a failure', async () => {
  const file = join(temporaryFolder(), 'one');
  const order: string[] = [];
  const failing = withLock(file, async () => {
    order.push('first begins');
    await new Promise((resolve) => setImmediate(resolve));
    order.push('first ends');
    throw new Error('on purpose');
  });
  const second = withLock(file, async () => order.push('second'));
  await expect(failing).rejects.toThrow('on purpose');
  await second;
  expect(order).toEqual(['first begins', 'first ends', 'second']);
});
