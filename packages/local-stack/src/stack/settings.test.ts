import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../paths.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { readSettings } from './settings.ts';

it('has a default for everything', () => {
  expect(readSettings({ HOME: '/home/me' })).toEqual({
    outcome: 'valid',
    settings: { dataDir: join(repositoryRoot, '.data'), host: '127.0.0.1', port: 8080, consumers: 4 },
  });
});

it('reads every setting', () => {
  const env = {
    DATA_DIR: '/var/lib/oncelog',
    HOST: '::',
    PORT: '0',
    CONSUMERS: '64',
    DATABASE_URL: 'postgresql://me@db/log',
    REDIS_URL: 'rediss://:secret@cache:6380',
  };
  expect(readSettings(env)).toEqual({
    outcome: 'valid',
    settings: {
      dataDir: '/var/lib/oncelog',
      host: '::',
      port: 0,
      consumers: 64,
      databaseUrl: 'postgresql://me@db/log',
      redisUrl: 'rediss://:secret@cache:6380',
    },
  });
});

it('reports all problems at once', () => {
  const env = {
    DATA_DIR: '',
    PORT: '80a',
    CONSUMERS: '0',
    DATABASE_URL: 'mysql://me:secret@db',
    REDIS_URL: 'localhost',
  };
  expect(readSettings(env)).toEqual({
    outcome: 'invalid',
    problems: [
      'DATABASE_URL must be a URL that begins with postgres://',
      'REDIS_URL must be a URL that begins with redis://',
      'DATA_DIR must be a folder, but is ""',
      'PORT must be a whole number from 0 to 65535, but is "80a"',
      'CONSUMERS must be a whole number from 1 to 64, but is "0"',
    ],
  });
});

it.each(['-1', '65536', '8080.0', '0x50', ' 80', '1e3', '99999999999'])('refuses PORT=%s', (PORT) => {
  expect(readSettings({ PORT }).outcome).toBe('invalid');
});

it('puts passwords that stand elsewhere into their URLs', () => {
  const file = join(temporaryFolder(), 'password');
  writeFileSync(file, 'p@ss:w/o#r%d\n');
  const env = {
    REDIS_URL: 'redis://me@cache',
    REDIS_PASSWORD_FILE: file,
    DATABASE_PASSWORD_FILE: '/of/none',
  };
  const read = readSettings(env);
  expect(read).toMatchObject({ settings: { redisUrl: 'redis://me:p%40ss%3Aw%2Fo%23r%25d@cache' } });
  expect(read).not.toHaveProperty('settings.databaseUrl');
});

it('says which file cannot be read, and what there is twice', () => {
  const password = { REDIS_PASSWORD: 'a', REDIS_PASSWORD_FILE: '/nowhere' };
  const env = { DATABASE_URL_FILE: '/nowhere', REDIS_URL: 'redis://cache', ...password };
  expect(readSettings(env)).toEqual({
    outcome: 'invalid',
    problems: [
      'DATABASE_URL_FILE must be a file that can be read, but is "/nowhere" (ENOENT)',
      'REDIS_PASSWORD and REDIS_PASSWORD_FILE are both set',
    ],
  });
});

it('names the variable whose file holds something else', () => {
  const file = join(temporaryFolder(), 'url');
  writeFileSync(file, 'secret');
  expect(readSettings({ DATABASE_URL_FILE: file })).toEqual({
    outcome: 'invalid',
    problems: ['DATABASE_URL_FILE must be a URL that begins with postgres://'],
  });
});
