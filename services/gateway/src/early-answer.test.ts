import { connect } from 'node:net';
import type { ProblemDetails } from '@oncelog/event-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyOf, event, openTestGateway, type TestGateway } from './testing/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway({ maxNdjsonBytes: 10_000_000 });
});
afterAll(() => gateway.close());

const JSON_TYPE = { 'content-type': 'application/json' };
const LINES = { 'content-type': 'application/x-ndjson' };

/** More than the buffers of a connection hold, so that it is refused while most of it still comes. */
const LARGE = Buffer.alloc(30_000_000, 'x');

describe('a client that still sends its body has the answer, not a reset', () => {
  it.each<[string, Record<string, string>, number, string]>([
    ['a batch that is too large', JSON_TYPE, 413, 'body-too-large'],
    [
      'CloudEvents that are too large',
      { 'content-type': 'application/cloudevents-batch+json' },
      413,
      'body-too-large',
    ],
    ['a CloudEvent in headers that is too large', { 'ce-id': '1' }, 413, 'body-too-large'],
    ['lines that are too many', LINES, 413, 'body-too-large'],
    ['lines with a key that is none', { ...LINES, 'idempotency-key': 'a b' }, 413, 'body-too-large'],
    ['lines that are no gzip', { ...LINES, 'content-encoding': 'gzip' }, 413, 'body-too-large'],
    ['a type that is not taken', { 'content-type': 'image/png' }, 415, 'unsupported-media-type'],
    ['no path of ours', JSON_TYPE, 404, 'not-found'],
  ])('%s', async (name, headers, status, code) => {
    const path = name.startsWith('no path') ? '/nothing' : '/publish';
    for (let tries = 0; tries < 3; tries += 1) {
      const response = await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: LARGE });
      expect([response.status, ((await response.json()) as ProblemDetails).code]).toEqual([status, code]);
    }
  });
});

/** Sends requests one after the other over one connection. @returns the statuses */
async function overOneConnection(requests: readonly string[]): Promise<string[]> {
  const socket = connect(gateway.port, '127.0.0.1');
  const statuses: string[] = [];
  try {
    for (const text of requests) {
      socket.write(text);
      let received = '';
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
        received += String(chunk);
        const length = Number(/content-length: (\d+)/i.exec(received)?.[1]);
        if (received.length >= received.indexOf('\r\n\r\n') + 4 + length) break;
      }
      statuses.push(received.slice(9, 12));
    }
  } finally {
    socket.destroy();
  }
  return statuses;
}

const request = (head: string, body = ''): string =>
  `${head} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const publish = (type: string, body: string, headers = ''): string =>
  request('POST /publish', body).replace('\r\n', `\r\nContent-Type: ${type}\r\n${headers}`);

it('a connection is used again after whatever came whole', async () => {
  const line = JSON.stringify(event());
  const requests: [string, string][] = [
    ['404', request('GET /nothing')],
    ['405', request('GET /publish')],
    ['415', publish('image/png', 'x')],
    ['415', publish('application/x-ndjson', 'x', 'Content-Encoding: zip\r\n')],
    ['400', publish('application/x-ndjson', 'x', 'Content-Encoding: gzip\r\n')],
    ['422', publish('application/x-ndjson', line, 'Idempotency-Key: a b\r\n')],
    ['422', publish('application/x-ndjson', `{}\n${line}\n${line}`)],
    ['202', publish('application/x-ndjson', `${line}\n`)],
    ['422', publish('application/cloudevents+json', '{}')],
    ['400', publish('application/json', '{')],
    ['202', publish('application/json', bodyOf(event()))],
  ];
  const statuses = await overOneConnection(requests.map(([, text]) => text));
  expect(statuses).toEqual(requests.map(([status]) => status));
});
