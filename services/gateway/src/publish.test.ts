import { connect } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { ProblemDetails, PublishResponse } from '@oncelog/event-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyOf, event, openTestGateway, type TestGateway } from './testing/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterAll(() => gateway.close());

const entries = async () => (await gateway.redis.xRange(gateway.key, '-', '+')) ?? [];
const lastEntry = async () =>
  (await gateway.redis.xRevRange(gateway.key, '+', '-', { COUNT: 1 }))?.[0]?.message;
const problemOf = async (response: Response): Promise<ProblemDetails> => {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return (await response.json()) as ProblemDetails;
};

describe('POST /publish', () => {
  it('gathers small requests that come together in fewer entries, with every byte of each', async () => {
    const before = (await entries()).length;
    const bodies = Array.from({ length: 60 }, (_, i) => ` ${bodyOf(event({ event_id: `gathered-${i}` }))}\n`);
    const answers = await Promise.all(bodies.map((body) => gateway.post(body)));
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 202));
    const ids = await Promise.all(answers.map(async (answer) => (await answer.json()) as PublishResponse));
    const added = (await entries()).slice(before).map(({ message }) => message);
    expect(added.length).toBeLessThan(60);
    for (const [at, body] of bodies.entries()) {
      const entry = added.find(({ batch_id }) => batch_id === ids[at]?.batch_id);
      expect(entry?.['body']).toContain(body);
    }
    expect(added.reduce((sum, { events }) => sum + Number(events), 0)).toBe(60);
  });

  it('keeps requests with an Idempotency-Key apart: each is a batch of its own', async () => {
    const before = (await entries()).length;
    const post = (i: number) => gateway.post(bodyOf(event()), { 'idempotency-key': `apart-${i}` });
    await Promise.all(Array.from({ length: 20 }, (_, i) => post(i)));
    expect(await entries()).toHaveLength(before + 20);
  });

  it('answers 202 as the contract has it, and appends the very bytes', async () => {
    const body = `{ "events" : [ ${JSON.stringify(event())} , ${JSON.stringify(event({ topic: 'ü' }))} ],"extra":1.50 }\n`;
    const response = await gateway.post(body);
    expect(response.status).toBe(202);
    const answer = (await response.json()) as PublishResponse;
    expect(answer).toEqual({
      status: 'accepted',
      queued: 2,
      message: 'Events queued for processing',
      batch_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(await lastEntry()).toEqual({
      batch_id: answer.batch_id,
      events: '2',
      epoch: expect.stringMatching(/^[0-9a-f]+$/),
      body,
    });
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('takes %s bodies', async (encoding, compress) => {
    const body = bodyOf(event());
    const response = await gateway.post(compress(body), { 'content-encoding': encoding });
    expect(response.status).toBe(202);
    expect(await lastEntry()).toMatchObject({ body });
  });

  it('derives the batch ID from the Idempotency-Key and the body', async () => {
    const body = bodyOf(event());
    const idOf = async (text: string, key?: string) => {
      const response = await gateway.post(text, key === undefined ? {} : { 'idempotency-key': key });
      return ((await response.json()) as PublishResponse).batch_id;
    };
    const first = await idOf(body, 'key-1');
    expect(await idOf(body, 'key-1')).toBe(first);
    expect(await idOf(body, 'key-2')).not.toBe(first);
    expect(await idOf(bodyOf(event()), 'key-1')).not.toBe(first);
    expect(await idOf(body)).not.toBe(await idOf(body));
  });

  it('returns the request ID of the client, or one of its own, and logs it', async () => {
    const given = await gateway.post(bodyOf(event()), { 'x-request-id': 'req-42' });
    expect(given.headers.get('x-request-id')).toBe('req-42');
    await expect
      .poll(() => gateway.logLines().some((line) => line.includes('"requestId":"req-42"')))
      .toBe(true);
    const own = await gateway.post(bodyOf(event()), { 'x-request-id': 'no id: <script>' });
    expect(own.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('bad requests are refused whole, with a problem document, and nothing is appended', () => {
  const nul =
    '{"topic":"t","event_id":"e","timestamp":"2026-01-01T00:00:00Z","source":"s","payload":{"k":"\\u0000"}}';
  const refusals: [string, string | Uint8Array, Record<string, string>, number, string, string[]?][] = [
    ['no JSON', '{"events":[', {}, 400, 'malformed-json'],
    ['an empty body', '', {}, 400, 'malformed-json'],
    ['bytes that are not UTF-8', Uint8Array.from([0x7b, 0xff, 0x7d]), {}, 400, 'malformed-json'],
    ['a body that is not gzip', 'x', { 'content-encoding': 'gzip' }, 400, 'malformed-encoding'],
    [
      'a gzip body that is cut off',
      gzipSync(bodyOf(event())).subarray(0, 30),
      { 'content-encoding': 'gzip' },
      400,
      'malformed-encoding',
    ],
    ['an unknown encoding', bodyOf(event()), { 'content-encoding': 'zip' }, 415, 'unsupported-encoding'],
    ['another type', bodyOf(event()), { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    [
      'another charset',
      bodyOf(event()),
      { 'content-type': 'application/json; charset=latin1' },
      415,
      'unsupported-media-type',
    ],
    ['no events', '{"events":[]}', {}, 422, 'invalid-batch', ['/events']],
    ['no object', '[]', {}, 422, 'invalid-batch', ['']],
    ['a missing field', bodyOf(event({ topic: undefined })), {}, 422, 'invalid-batch', ['/events/0/topic']],
    [
      'a bad date',
      bodyOf(event(), event({ timestamp: '2026-02-30T00:00:00Z' })),
      {},
      422,
      'invalid-batch',
      ['/events/1/timestamp'],
    ],
    ['U+0000', `{"events":[${nul}]}`, {}, 422, 'invalid-batch', ['/events/0/payload/k']],
    [
      'too many events',
      bodyOf(...Array.from({ length: 1001 }, () => event())),
      {},
      422,
      'invalid-batch',
      ['/events'],
    ],
    [
      'a bad Idempotency-Key',
      bodyOf(event()),
      { 'idempotency-key': 'a b' },
      422,
      'invalid-idempotency-key',
      ['/headers/idempotency-key'],
    ],
    [
      'a bomb',
      gzipSync(Buffer.alloc(50_000_000, ' ')),
      { 'content-encoding': 'gzip' },
      413,
      'body-too-large',
    ],
  ];

  it.each(refusals)('%s', async (_, body, headers, status, code, pointers) => {
    const before = (await entries()).length;
    const response = await gateway.post(body, headers);
    const problem = await problemOf(response);
    expect({ status: response.status, code: problem.code }).toEqual({ status, code });
    expect(problem).toMatchObject({ status, type: `urn:oncelog:problem:${code}` });
    expect(problem.request_id).toBe(response.headers.get('x-request-id'));
    if (pointers !== undefined) expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
    expect(await entries()).toHaveLength(before);
  });

  it('a body whose length is too large, before it is sent', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    const answer = new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
        if (text.endsWith('}')) socket.end(); // as clients do that have their answer
      });
      socket.on('close', () => resolve(text));
    });
    socket.write(
      'POST /publish HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 6000000\r\n\r\n{',
    );
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('paths and methods', () => {
  it('answers 404 and 405 as problem documents', async () => {
    expect(await problemOf(await fetch(`${gateway.url}/nothing`))).toMatchObject({
      status: 404,
      code: 'not-found',
    });
    const response = await fetch(`${gateway.url}/publish`);
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
    expect(await problemOf(response)).toMatchObject({ status: 405, code: 'method-not-allowed' });
  });

  it('says at GET / what it is', async () => {
    expect(await (await fetch(`${gateway.url}/`)).json()).toMatchObject({ service: 'oncelog' });
  });
});
