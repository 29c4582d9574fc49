import { loadConfig, type RawSettings } from '@oncelog/service-kit';
import { describe, expect, it } from 'vitest';
import { configProblems, gatewayConfig } from './config.ts';
import { newKey } from './testing/api-keys.ts';

const URLS = { DATABASE_URL: 'postgres://localhost/db', REDIS_URL: 'redis://localhost' };
const problemsOf = (settings: RawSettings): string[] =>
  configProblems(loadConfig(gatewayConfig, { ...URLS, ...settings }));
const API_KEYS = JSON.stringify([newKey().stored]);

describe('without keys', () => {
  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('%s is listened on', (HOST) => {
    expect(problemsOf({ HOST })).toEqual([]);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.evil.test', 'localhost.evil.test', ''])(
    '%j is refused, unless that is asked for',
    (HOST) => {
      expect(problemsOf({ HOST })).toEqual([expect.stringMatching(/API_KEYS_FILE .*ALLOW_ANONYMOUS=true/)]);
      expect(problemsOf({ HOST, API_KEYS: '', API_KEYS_FILE: '' })).toHaveLength(1);
      expect(problemsOf({ HOST, ALLOW_ANONYMOUS: 'true' })).toEqual([]);
    },
  );
});

describe('with keys', () => {
  it('any address is listened on', () => {
    expect(problemsOf({ HOST: '0.0.0.0', API_KEYS })).toEqual([]);
    expect(problemsOf({ HOST: '0.0.0.0', API_KEYS_FILE: '/run/keys.json' })).toEqual([]);
  });

  it('they must be right, and given once', () => {
    expect(problemsOf({ API_KEYS: '{}' })).toEqual([expect.stringMatching(/^API_KEYS: /)]);
    expect(problemsOf({ API_KEYS, API_KEYS_FILE: '/run/keys.json' })).toEqual([
      expect.stringMatching(/choose one/),
    ]);
  });

  it('a secret for sessions must be long', () => {
    expect(() => problemsOf({ API_KEYS, SESSION_SECRET: 'short' })).toThrow(/SESSION_SECRET .* is not/);
    expect(problemsOf({ API_KEYS, SESSION_SECRET: '' })).toEqual([]);
  });
});
