import { readFileSync } from 'node:fs';
import { ConfigurationError, loadConfig, settingsTable } from '@oncelog/service-kit';
import { expect, test } from 'vitest';
import { PublisherSchema } from './config.ts';

test('without any setting', () => {
  expect(loadConfig(PublisherSchema, {})).toEqual({
    targetUrl: 'http://127.0.0.1:8080',
    totalEvents: 20_000,
    duplicateRate: 0.3,
    batchSize: 100,
    delayBetweenBatches: 0,
    concurrency: 8,
    settleTimeout: 120,
    host: '127.0.0.1',
    logLevel: 'info',
  });
});

test.each([
  { TOTAL_EVENTS: '-1' },
  { TOTAL_EVENTS: '1e3' },
  { DUPLICATE_RATE: '1' },
  { DUPLICATE_RATE: '-0.1' },
  { BATCH_SIZE: '0' },
  { BATCH_SIZE: '1001' },
  { DELAY_BETWEEN_BATCHES: 'soon' },
  { CONCURRENCY: '0' },
  { SEED: '4294967296' },
  { METRICS_PORT: '65536' },
  { RUN_ID: 'two words' },
  { RUN_ID: '' },
  { TARGET_URL: '127.0.0.1:8080' },
  { TARGET_URL: 'http://' },
  { TARGET_URL: 'http://user:secret@127.0.0.1' },
])('refuses %j', (settings) => {
  expect(() => loadConfig(PublisherSchema, settings)).toThrow(ConfigurationError);
});

test.each(['http://gateway', 'http://[::1]:8080', 'https://logs.example/oncelog/'])(
  'TARGET_URL may be %s',
  (url) => {
    expect(loadConfig(PublisherSchema, { TARGET_URL: url }).targetUrl).toBe(url);
  },
);

test('the README lists these settings', () => {
  const readme = readFileSync(`${import.meta.dirname}/../README.md`, 'utf8');

  expect(unpadded(readme)).toContain(unpadded(settingsTable(PublisherSchema)));
});

/** Without what the formatter does to a table to align its columns. */
function unpadded(markdown: string): string {
  return markdown.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
}
