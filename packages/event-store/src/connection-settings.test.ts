import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connectionSettings } from './connection-settings.ts';

const file = join(tmpdir(), `oncelog-certificate-${process.pid}.pem`);
writeFileSync(file, 'PEM');
const PEM = Buffer.from('PEM');
const BARE = 'postgres://u:p@db.test/oncelog';

it.each([
  ['', false],
  ['?sslmode=disable', false],
  ['?ssl=false', false],
  ['?sslmode=require', { rejectUnauthorized: false }],
  [`?sslmode=require&sslcert=${file}&sslkey=${file}`, { rejectUnauthorized: false, cert: PEM, key: PEM }],
  ['?sslmode=verify-full', { rejectUnauthorized: true, host: 'db.test' }],
  [`?sslrootcert=${file}`, { rejectUnauthorized: true, host: 'db.test', ca: PEM }],
  [`?sslcert=${file}&sslkey=${file}`, { rejectUnauthorized: true, host: 'db.test', cert: PEM, key: PEM }],
])('%s', (search, ssl) => {
  expect(connectionSettings(`${BARE}${search}`)).toEqual({ url: BARE, ssl });
});

it('looks at the certificate alone where its name does not matter', () => {
  const { ssl } = connectionSettings(`${BARE}?sslmode=verify-ca&sslrootcert=${file}`);
  expect(ssl).toMatchObject({ rejectUnauthorized: true, ca: PEM, checkServerIdentity: expect.any(Function) });
});

it.each(['?sslmode=prefer', '?sslmode=allow', '?ssl=true', '?sslmode=verify-ful'])(
  '%s is refused',
  (search) => {
    expect(() => connectionSettings(`${BARE}${search}`)).toThrow(
      /^sslmode .* is none that is known: use verify-full/,
    );
  },
);
