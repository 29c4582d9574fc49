import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { findChromium } from './find-chromium.ts';

function setUp(...programs: string[]) {
  const dir = mkdtempSync(join(tmpdir(), 'oncelog-chromium-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const add = (name: string) => {
    writeFileSync(join(dir, name), '');
    chmodSync(join(dir, name), 0o755);
  };
  for (const name of programs) add(name);
  return { dir, add };
}

it('takes the browser that CHROMIUM_PATH names, and says so where there is none', async () => {
  const { dir } = setUp('chromium', 'mine');
  const mine = join(dir, 'mine');
  expect(await findChromium({ env: { PATH: dir, CHROMIUM_PATH: mine } })).toBe(mine);
  await expect(findChromium({ env: { PATH: dir, CHROMIUM_PATH: '/not/here' } })).rejects.toThrow(
    'CHROMIUM_PATH must be the path of a browser, but there is no /not/here',
  );
});

it('takes one from PATH by any of its names, Chromium before Chrome', async () => {
  const { dir, add } = setUp('google-chrome-stable');
  expect(await findChromium({ env: { PATH: dir } })).toBe(join(dir, 'google-chrome-stable'));
  add('chromium-browser');
  expect(await findChromium({ env: { PATH: dir } })).toBe(join(dir, 'chromium-browser'));
});

it('installs one where there is none, once for all that ask', async () => {
  const { dir, add } = setUp();
  const install = vi.fn(async () => add('chromium'));
  const ask = () => findChromium({ env: { PATH: dir }, applications: [], install });
  expect(await Promise.all([ask(), ask()])).toEqual([join(dir, 'chromium'), join(dir, 'chromium')]);
  expect(install).toHaveBeenCalledTimes(1);
});

it('says what to do where it cannot be installed', async () => {
  const { dir } = setUp();
  await expect(findChromium({ env: { PATH: dir }, applications: [] })).rejects.toThrow(
    'Chromium is missing: install Chromium or Google Chrome and start again, or set CHROMIUM_PATH to one',
  );
});
