import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../paths.ts';
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
    DATABASE_URL: 'mysql://db',
    REDIS_URL: 'localhost',
  };
  expect(readSettings(env)).toEqual({
    outcome: 'invalid',
    problems: [
      'DATABASE_URL must be a URL that begins with postgres://, but is "mysql://db"',
      'REDIS_URL must be a URL that begins with redis://, but is "localhost"',
      'DATA_DIR must be a folder, but is ""',
      'PORT must be a whole number from 0 to 65535, but is "80a"',
      'CONSUMERS must be a whole number from 1 to 64, but is "0"',
    ],
  });
});

it.each(['-1', '65536', '8080.0', '0x50', ' 80', '1e3', '99999999999'])('refuses PORT=%s', (PORT) => {
  expect(readSettings({ PORT }).outcome).toBe('invalid');
});
