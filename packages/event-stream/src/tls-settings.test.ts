import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tlsSettings } from './tls-settings.ts';

const file = join(tmpdir(), `oncelog-certificate-${process.pid}.pem`);
writeFileSync(file, 'PEM');
const PEM = Buffer.from('PEM');

it.each([
  ['redis://cache.test', undefined],
  ['rediss://cache.test', { tls: true }],
  [`rediss://cache.test?sslrootcert=${file}`, { tls: true, ca: PEM }],
  [`rediss://cache.test?sslcert=${file}&sslkey=${file}`, { tls: true, cert: PEM, key: PEM }],
])('%s', (url, settings) => {
  expect(tlsSettings(url)).toEqual(settings);
});

it('refuses certificates for a connection that nothing encrypts', () => {
  expect(() => tlsSettings(`redis://cache.test?sslrootcert=${file}`)).toThrow(
    'sslrootcert is for rediss: URLs, and redis: does not encrypt',
  );
});
