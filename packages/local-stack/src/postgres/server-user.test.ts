import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { findPostgresBinaries } from './binaries.ts';
import { chooseLauncher, unprivilegedUser } from './server-user.ts';

describe('the user that PostgreSQL runs as instead of root', () => {
  const root = 'root:x:0:0:root:/root:/bin/bash';
  const nobody = 'nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin';
  const postgres = 'postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash';

  it('is postgres, else nobody, never root', () => {
    expect(unprivilegedUser(`${root}\n${nobody}\n${postgres}\n`)).toEqual({
      name: 'postgres',
      uid: 101,
      gid: 104,
    });
    expect(unprivilegedUser(`${root}\n${nobody}\n`)).toEqual({ name: 'nobody', uid: 65534, gid: 65533 });
    expect(unprivilegedUser('postgres:x:0:0::/:/bin/sh\n')).toBeUndefined();
  });
});

describe.runIf(process.getuid?.() === 0)('as root', () => {
  it('needs no capability where every folder can be passed through', async () => {
    const dir = temporaryFolder();
    chmodSync(dir, 0o755);
    const launcher = await chooseLauncher(join(dir, 'cluster'), process.execPath);
    expect(launcher.user?.uid).not.toBe(0);
    expect(launcher.commandLine('program', ['a']).command).toBe('program');
  });

  it.runIf(process.platform === 'linux')('gives one capability where one cannot', async () => {
    const dir = temporaryFolder();
    chmodSync(dir, 0o700);
    const { postgres } = await findPostgresBinaries();
    const { command, args } = (await chooseLauncher(join(dir, 'cluster'), postgres)).commandLine('program', [
      'a',
    ]);
    expect(command).toBe('setpriv');
    expect(args.join(' ')).toMatch(/--ambient-caps=-all,\+dac_\w+ .* -- program a$/);
  });
});

it('is ourselves as an ordinary user', async () => {
  const launcher = await chooseLauncher(join(temporaryFolder(), 'cluster'), process.execPath, 1000);
  expect(launcher.user).toBeUndefined();
});
