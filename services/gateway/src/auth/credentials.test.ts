import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { credentialOf, siteOf } from './credentials.ts';

const request = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage;

it.each([
  [{}, undefined],
  [{ authorization: 'Bearer abc' }, 'key abc'],
  [{ authorization: 'bearer  abc' }, 'key abc'],
  [{ authorization: 'Bearer' }, 'key '],
  [{ authorization: 'Bearerabc' }, undefined],
  [{ authorization: 'Basic abc' }, undefined],
  [{ 'x-api-key': 'abc' }, 'key abc'],
  [{ authorization: 'Basic abc', 'x-api-key': 'def' }, 'key def'],
  [{ authorization: 'Bearer abc', 'x-api-key': 'def', cookie: 'oncelog_session=ghi' }, 'key def'],
  [{ cookie: 'oncelog_session=ghi' }, 'session ghi'],
  [{ cookie: 'a=b; oncelog_session=ghi; c=d' }, 'session ghi'],
  [{ cookie: 'x-oncelog_session=ghi' }, undefined],
  [{ 'x-api-key': '', cookie: 'oncelog_session=ghi' }, 'key '],
])('%j says %j', (headers, expected) => {
  const credential = credentialOf(request(headers as Record<string, string>));
  expect(credential && `${credential.kind} ${credential.text}`).toBe(expected);
});

it.each([
  [{}, 'unknown'],
  [{ 'sec-fetch-site': 'same-origin' }, 'ours'],
  [{ 'sec-fetch-site': 'same-site' }, 'foreign'],
  [{ 'sec-fetch-site': 'cross-site' }, 'foreign'],
  [{ 'sec-fetch-site': 'none' }, 'foreign'],
  [{ 'sec-fetch-site': 'cross-site', origin: 'http://log.test' }, 'foreign'],
  [{ origin: 'http://log.test' }, 'ours'],
  [{ origin: 'https://log.test' }, 'ours'], // TLS ends before us
  [{ origin: 'http://log.test:81' }, 'foreign'],
  [{ origin: 'http://log.test.evil.test' }, 'foreign'],
  [{ origin: 'null' }, 'foreign'],
  [{ origin: '' }, 'foreign'],
])('%j is %s', (headers, expected) => {
  expect(siteOf(request({ host: 'log.test', ...headers }))).toBe(expected);
});
