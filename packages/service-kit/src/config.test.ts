import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ConfigurationError, loadConfig, settingsTable } from './config.ts';
import { settingName } from './setting-name.ts';
import { sharedSettings } from './settings.ts';

const schema = Type.Object({
  databaseUrl: sharedSettings.databaseUrl,
  port: Type.Integer({ default: 8080, minimum: 0, maximum: 65_535, description: 'Port.' }),
  rate: Type.Number({ default: 0.3, minimum: 0, exclusiveMaximum: 1, description: 'Rate.' }),
  waitMs: Type.Integer({ default: 5, minimum: 1, unit: 'ms', description: 'Wait.' }),
  verbose: Type.Boolean({ default: false, description: 'Verbose.' }),
  logLevel: sharedSettings.logLevel,
  name: Type.Optional(Type.String({ description: 'Name.' })),
});
const DATABASE_URL = 'postgres://localhost/x';

const problemsOf = (raw: Record<string, string>): readonly string[] => {
  try {
    loadConfig(schema, raw);
    return [];
  } catch (error) {
    return (error as ConfigurationError).problems;
  }
};

describe('loadConfig', () => {
  it('takes defaults and leaves out what is optional', () => {
    expect(loadConfig(schema, { DATABASE_URL })).toEqual({
      databaseUrl: DATABASE_URL,
      port: 8080,
      rate: 0.3,
      waitMs: 5,
      verbose: false,
      logLevel: 'info',
    });
  });

  it('reads every type', () => {
    const raw = {
      DATABASE_URL,
      PORT: '0',
      RATE: '0.25',
      WAIT_MS: '7',
      VERBOSE: 'true',
      LOG_LEVEL: 'debug',
      NAME: 'x',
    };
    expect(loadConfig(schema, raw)).toMatchObject({
      port: 0,
      rate: 0.25,
      waitMs: 7,
      verbose: true,
      name: 'x',
    });
  });

  it('reports every problem at once, with the rule', () => {
    const problems = problemsOf({ PORT: '80x', RATE: '1', WAIT_MS: '0', VERBOSE: 'yes', LOG_LEVEL: 'loud' });
    expect(problems).toEqual([
      expect.stringMatching(/^DATABASE_URL is required/),
      'PORT must be an integer from 0 to 65535, but is "80x"',
      'RATE must be a number from 0 to below 1, but is "1"',
      'WAIT_MS must be an integer of at least 1 ms, but is "0"',
      'VERBOSE must be true or false, but is "yes"',
      expect.stringMatching(/^LOG_LEVEL must be `fatal`, `error`/),
    ]);
  });

  it.each(['', ' 1', '1.5', '0x10', '1e3', 'NaN'])(
    'takes the integer %j for an error, never the default',
    (PORT) => {
      expect(problemsOf({ DATABASE_URL, PORT })).toHaveLength(1);
    },
  );

  it('does not repeat the value of a URL that does not parse, which may hold a password', () => {
    for (const DATABASE_URL of ['mysql://user:secret@host', 'postgres://user:secret@host:99999/x']) {
      const problems = problemsOf({ DATABASE_URL });
      expect(problems).toHaveLength(1);
      expect(problems.join()).not.toContain('secret');
    }
  });
});

describe('a secret', () => {
  const secrets = Type.Object({
    redisUrl: sharedSettings.redisUrl,
    redisPassword: sharedSettings.redisPassword,
    name: Type.Optional(Type.String({ description: 'Name.' })),
  });
  const fileWith = (text: string): string => {
    const dir = mkdtempSync(join(tmpdir(), 'oncelog-secret-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'secret'), text);
    return join(dir, 'secret');
  };
  const load = (raw: Record<string, string>): unknown => {
    try {
      return loadConfig(secrets, raw);
    } catch (error) {
      return (error as ConfigurationError).problems;
    }
  };

  it('is read from the file that _FILE names, and put into its URL', () => {
    const REDIS_PASSWORD_FILE = fileWith('p@ss:w/o#r%d\n');
    expect(load({ REDIS_URL: 'redis://gateway@localhost:6379', REDIS_PASSWORD_FILE })).toEqual({
      redisUrl: 'redis://gateway:p%40ss%3Aw%2Fo%23r%25d@localhost:6379',
    });
    expect(load({ REDIS_URL_FILE: fileWith('redis://host'), REDIS_PASSWORD: 'p' })).toEqual({
      redisUrl: 'redis://:p@host',
    });
  });

  it('is not read from a file that cannot be read, nor where there are two of it', () => {
    const REDIS_URL = 'redis://localhost';
    expect(load({ REDIS_URL, REDIS_PASSWORD_FILE: '/nowhere' })).toEqual([
      'REDIS_PASSWORD_FILE must be a file that can be read, but is "/nowhere" (ENOENT)',
    ]);
    expect(load({ REDIS_URL, REDIS_PASSWORD_FILE: fileWith('a'), REDIS_PASSWORD: 'b' })).toEqual([
      'REDIS_PASSWORD and REDIS_PASSWORD_FILE are both set',
    ]);
    expect(load({ REDIS_URL, REDIS_PASSWORD_FILE: fileWith('') })).toEqual([
      'REDIS_PASSWORD must be text, but is not',
    ]);
  });

  it('alone may be in a file', () => {
    expect(load({ REDIS_URL: 'redis://localhost', NAME_FILE: fileWith('x') })).not.toHaveProperty('name');
  });
});

it('names variables after properties', () => {
  expect(settingName('maxBodyBytes')).toBe('MAX_BODY_BYTES');
});

it('makes a table of settings', () => {
  expect(settingsTable(schema).split('\n')[3]).toBe(
    '| `PORT` | `8080` | an integer from 0 to 65535 | Port. |',
  );
});

it('escapes what would end a cell of the table', () => {
  const choice = Type.Object({ mode: Type.String({ pattern: '^(a|b)$', description: 'Mode.' }) });
  expect(settingsTable(choice)).toContain('| text matching `^(a\\|b)$` |');
});
