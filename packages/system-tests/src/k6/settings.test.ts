import { expect, it } from 'vitest';
import { readSettings } from '../../../../infra/k6/settings.js';
import { readMarkdown } from '../docs/markdown-files.ts';

it('has defaults, also where a variable is set to nothing', () => {
  expect(readSettings({ TOTAL_EVENTS: '' })).toMatchObject({
    url: 'http://127.0.0.1:8080',
    totalEvents: 20_000,
    duplicateRate: 0.3,
    batchSize: 100,
    vus: 8,
    maxDuration: '10m',
  });
});

it('takes every setting', () => {
  const settings = readSettings({
    BASE_URL: 'https://events.example/prefix/',
    API_KEY: 'secret',
    TOTAL_EVENTS: '5000',
    DUPLICATE_RATE: '.25',
    BATCH_SIZE: '50',
    VUS: '3',
    DURATION: '1h30m',
    EVENTS_PER_SECOND: '500',
    SEED: '4294967295',
    RUN_ID: 'nightly-7',
    TOPIC_PREFIX: 'soak',
    SETTLE_TIMEOUT: '30',
    P95_MS: '200',
    P99_MS: '400',
    MAX_ERROR_RATE: '0',
  });
  expect(settings).toEqual({
    url: 'https://events.example/prefix',
    apiKey: 'secret',
    totalEvents: 5_000,
    duplicateRate: 0.25,
    batchSize: 50,
    vus: 3,
    maxDuration: '1h30m',
    eventsPerSecond: 500,
    seed: 4_294_967_295,
    runId: 'nightly-7',
    topicPrefix: 'soak',
    settleSeconds: 30,
    p95Ms: 200,
    p99Ms: 400,
    maxErrorRate: 0,
  });
});

it.each([
  ['TARGET_URL', 'gateway:8080'],
  ['BASE_URL', 'http://user@gateway'],
  ['API_KEY', 'two words'],
  ['TOTAL_EVENTS', '0'],
  ['TOTAL_EVENTS', '2e4'],
  ['TOTAL_EVENTS', '50000001'],
  ['DUPLICATE_RATE', '1'],
  ['DUPLICATE_RATE', '-0.1'],
  ['DUPLICATE_RATE', '30%'],
  ['DUPLICATE_RATE', '0.1234567'],
  ['DUPLICATE_RATE', '.'],
  ['BATCH_SIZE', '1001'],
  ['VUS', '0'],
  ['DURATION', '10'],
  ['EVENTS_PER_SECOND', 'fast'],
  ['SEED', '-1'],
  ['RUN_ID', 'a/b'],
  ['TOPIC_PREFIX', ' '],
  ['SETTLE_TIMEOUT', '3001'],
  ['P95_MS', '0'],
  ['P99_MS', '1.5'],
  ['MAX_ERROR_RATE', '1'],
])('refuses %s=%s by name', (name, value) => {
  expect(() => readSettings({ [name]: value })).toThrow(name);
});

it('names everything that is wrong at once', () => {
  expect(() => readSettings({ VUS: 'many', SEED: 'x', DURATION: 'long' })).toThrow(
    /VUS.*\n.*DURATION.*\n.*SEED/,
  );
});

it('refuses two addresses', () => {
  const env = { TARGET_URL: 'http://a:1', BASE_URL: 'http://b:1' };
  expect(() => readSettings(env)).toThrow('two names of one setting');
});

it('is documented, every one of them', () => {
  const source = readSettings.toString();
  const read = new Set(
    [...source.matchAll(/\b(?:text|integer|share)\(\s*['"]([A-Z][A-Z0-9_]+)['"]/g)].map(([, name]) => name),
  );
  const rows = readMarkdown('infra/k6/README.md').matchAll(/^\| `([A-Z0-9_]+)`/gm);
  expect(new Set([...rows].map(([, name]) => name))).toEqual(read);
  expect(read.size).toBe(16);
});
