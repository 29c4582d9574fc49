import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@oncelog/service-kit';
import type { Response } from 'express';
import { expect, it, onTestFinished } from 'vitest';
import { newKey, type TestKey } from '../testing/api-keys.ts';
import type { Authentication } from './authentication.ts';
import { type OpenKeysConfig, openKeys } from './open-keys.ts';

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oncelog-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'keys.json');
}

const textOf = (...keys: TestKey[]): string => JSON.stringify(keys.map(({ stored }) => stored));

async function open(config: OpenKeysConfig) {
  const lines: string[] = [];
  const log = createLogger('gateway', 'info', { write: (line: string) => lines.push(line) });
  const keys = await openKeys({ log, now: () => new Date(), newSecret: () => 'x'.repeat(32) }, config);
  if (keys === undefined) throw new Error('no keys are asked for');
  const errors = () => lines.filter((line) => line.includes('"level":50')).length;
  return { ...keys, lines, errors };
}

const response = { locals: {} } as unknown as Response;
const knows = ({ keyOf }: Authentication, { text }: TestKey): boolean => {
  try {
    return keyOf(text, response) !== undefined;
  } catch {
    return false;
  }
};

it('asks for keys where a setting gives some, and only there', async () => {
  const deps = { log: createLogger('gateway', 'silent'), now: () => new Date(), newSecret: () => 'x' };
  expect(await openKeys(deps, {})).toBeUndefined();
  expect(await openKeys(deps, { apiKeys: '', apiKeysFile: '' })).toBeUndefined();
  expect(await openKeys(deps, { apiKeys: '[]' })).toBeDefined();
});

it('takes the keys of a file, and those that it has later', async () => {
  const file = temporaryFile();
  const [first, second] = [newKey(), newKey()];
  writeFileSync(file, textOf(first));
  const { authentication, tick } = await open({ apiKeysFile: file });
  expect([knows(authentication, first), knows(authentication, second)]).toEqual([true, false]);

  writeFileSync(`${file}.new`, textOf(second));
  renameSync(`${file}.new`, file);
  await tick();
  expect([knows(authentication, first), knows(authentication, second)]).toEqual([false, true]);

  writeFileSync(file, '[]'); // the last key is taken away: nobody comes in, and not everybody
  await tick();
  expect(knows(authentication, second)).toBe(false);
});

it('keeps the keys that it knows while the file is broken, and says so, not at every look', async () => {
  const file = temporaryFile();
  const key = newKey();
  writeFileSync(file, textOf(key));
  const { authentication, tick, areCurrent, errors, lines } = await open({ apiKeysFile: file });

  writeFileSync(file, `[{"id":"${key.text}`);
  for (let ticks = 0; ticks < 3; ticks++) await tick();
  expect([knows(authentication, key), errors(), areCurrent()]).toEqual([true, 1, false]);
  rmSync(file);
  for (let ticks = 0; ticks < 3; ticks++) await tick();
  expect([knows(authentication, key), errors()]).toEqual([true, 2]);
  writeFileSync(file, textOf(key));
  await tick();
  expect(areCurrent()).toBe(true);
  rmSync(file);
  await tick();
  expect([knows(authentication, key), errors()]).toEqual([true, 3]);
  for (let ticks = 0; ticks < 30; ticks++) await tick();
  expect(errors()).toBe(4);
  expect(lines.join('')).not.toContain(key.text);
});

it('does not start with a file that is missing or broken', async () => {
  const file = temporaryFile();
  await expect(open({ apiKeysFile: file })).rejects.toThrow(/API_KEYS_FILE cannot be read: ENOENT/);
  writeFileSync(file, '{}');
  await expect(open({ apiKeysFile: file })).rejects.toThrow(/not as they should be/);
});
