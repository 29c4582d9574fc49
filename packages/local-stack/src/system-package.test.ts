import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findOrInstall, installSystemPackage, type SystemPackage } from './system-package.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const lamp: SystemPackage = {
  title: 'Lamp',
  names: { 'apt-get': ['lamp'], apk: ['lamp', 'light'] },
  otherwise: 'buy a lamp',
  instead: 'open the window',
};

/** Package managers, by name and shell script, that stand alone in PATH. */
function setUp(managers: Record<string, string>, isRoot = true) {
  const dir = temporaryFolder();
  const basics = { env: 'exec /usr/bin/env "$@"', sh: 'exec /bin/sh "$@"' };
  for (const [name, script] of Object.entries({ ...basics, ...managers })) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(dir, name), 0o755);
  }
  const calls = () =>
    existsSync(join(dir, 'calls')) ? readFileSync(join(dir, 'calls'), 'utf8').trim().split('\n') : [];
  return { calls, install: () => installSystemPackage(lamp, { path: dir, log: () => {}, isRoot }) };
}

const RECORD = 'echo "$(/usr/bin/basename "$0") $*" >> "$(/usr/bin/dirname "$0")/calls"';

it('fetches the lists of packages only where apt-get does not know the package', async () => {
  const { install, calls } = setUp({ 'apt-get': RECORD });
  await install();
  expect(calls()).toEqual(['apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends lamp']);

  const knowsNothing = `${RECORD}; lists="$(/usr/bin/dirname "$0")/lists"; case "$*" in *update*) : > "$lists";; *) [ -e "$lists" ];; esac`;
  const fresh = setUp({ 'apt-get': knowsNothing });
  await fresh.install();
  expect(fresh.calls().map((call) => / (install|update) /.exec(call)?.[1])).toEqual([
    'install',
    'update',
    'install',
  ]);
});

it('passes over a package manager that does not have the package', async () => {
  const { install, calls } = setUp({ dnf: RECORD, apk: `${RECORD}; [ "$4" = light ]` });
  await install();
  expect(calls()).toEqual(['apk add -q --no-cache lamp', 'apk add -q --no-cache light']);
});

it('says what to do where it cannot', async () => {
  await expect(setUp({ dnf: RECORD }).install()).rejects.toThrow(
    'Lamp is missing: buy a lamp and start again, or open the window',
  );
  await expect(setUp({ 'apt-get': 'exit 1', sudo: 'exit 1' }, false).install()).rejects.toThrow(
    'Lamp is missing and only root can install it: run "sudo apt-get install lamp" and start again, or open the window',
  );
  await expect(setUp({ apk: 'exit 1' }).install()).rejects.toThrow(
    'Lamp is missing and could not be installed: run "sudo apk add lamp"',
  );
});

it('installs one package at a time', async () => {
  const dir = temporaryFolder();
  let running = 0;
  let most = 0;
  const found = new Set<string>();
  const want = (name: string) =>
    findOrInstall(
      dir,
      async () => (found.has(name) ? name : undefined),
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        found.add(name);
        running -= 1;
      },
    );
  expect(await Promise.all([want('one'), want('other'), want('one')])).toEqual(['one', 'other', 'one']);
  expect(most).toBe(1);
});
