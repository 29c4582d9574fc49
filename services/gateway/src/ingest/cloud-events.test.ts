import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Event, ProblemDetails, PublishResponse } from '@oncelog/event-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../testing/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterAll(() => gateway.close());

const entryCount = () => gateway.redis.xLen(gateway.key);
const lastBody = async () =>
  (await gateway.redis.xRevRange(gateway.key, '+', '-', { COUNT: 1 }))?.[0]?.message['body'] ?? '';
const lastEvents = async () => (JSON.parse(await lastBody()) as { events: Event[] }).events;

const STRUCTURED = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
const BATCH = { 'content-type': 'application/cloudevents-batch+json' };
const BINARY = {
  'content-type': 'application/json',
  'ce-specversion': '1.0',
  'ce-id': 'A234',
  'ce-source': '/shop',
  'ce-type': 'com.example.order',
};
const CLOUD_EVENT = { specversion: '1.0', id: 'A234', source: '/shop', type: 'com.example.order' };

/** @returns the status, and the problem's code and violations, each as "pointer rule" */
async function refusal(body: string | Uint8Array, headers: Record<string, string>) {
  const before = await entryCount();
  const response = await gateway.post(body, headers);
  const problem = (await response.json()) as ProblemDetails;
  expect(await entryCount()).toBe(before);
  return [response.status, problem.code, problem.errors?.map(({ pointer, rule }) => `${pointer} ${rule}`)];
}

async function expectAccepted(body: string | Uint8Array, headers: Record<string, string>, queued = 1) {
  const response = await gateway.post(body, headers);
  expect({ status: response.status, body: (await response.json()) as PublishResponse }).toMatchObject({
    status: 202,
    body: { status: 'accepted', queued, batch_id: expect.any(String) },
  });
}

describe('in structured mode', () => {
  it('become events with all of them, byte for byte, as payload', async () => {
    const json = `{ "specversion":"1.0","id":"7","source":"/shop","type":"order","time":"2026-01-31T12:00:00.5+01:00","data":{"total":9007199254740993},"ext":5 }\n`;
    await expectAccepted(json, STRUCTURED);
    expect(await lastBody()).toBe(
      `{"events":[{"topic":"order","event_id":"/shop 7","timestamp":"2026-01-31T12:00:00.5+01:00","source":"/shop","payload":${json}}]}`,
    );
  });

  it('are dated by their arrival where they have no time, and the key still makes them one batch', async () => {
    const post = async () => {
      const headers = { ...STRUCTURED, 'idempotency-key': 'ce-1' };
      const response = await gateway.post(JSON.stringify(CLOUD_EVENT), headers);
      return ((await response.json()) as PublishResponse).batch_id;
    };
    const startedAt = Date.now();
    const id = await post();
    const arrivedAt = Date.parse((await lastEvents())[0]?.timestamp ?? '');
    expect(arrivedAt).toBeGreaterThanOrEqual(startedAt);
    expect(arrivedAt).toBeLessThanOrEqual(Date.now());
    await expect.poll(() => Date.now()).toBeGreaterThan(arrivedAt);
    expect(await post()).toBe(id);
  });

  it('are what the body says, whatever ce- headers say', async () => {
    await expectAccepted(JSON.stringify(CLOUD_EVENT), {
      ...STRUCTURED,
      'ce-id': 'lie',
      'ce-specversion': '9',
    });
    expect(await lastEvents()).toMatchObject([{ event_id: '/shop A234' }]);
  });

  it('have the digest of source and id as event_id where both are too long for one', async () => {
    const id = 'i'.repeat(300);
    await expectAccepted(JSON.stringify({ ...CLOUD_EVENT, id }), STRUCTURED);
    const digest = createHash('sha256').update(`/shop ${id}`).digest('hex');
    expect(await lastEvents()).toMatchObject([{ event_id: `sha256:${digest}` }]);
  });

  it.each<[string, string, number, string, string[]?]>([
    ['no JSON', '{', 400, 'malformed-json'],
    [
      'no attributes',
      '{}',
      422,
      'invalid-cloudevent',
      ['specversion', 'id', 'source', 'type'].map((name) => `/${name} required`),
    ],
    [
      'another version',
      JSON.stringify({ ...CLOUD_EVENT, specversion: '0.3' }),
      422,
      'invalid-cloudevent',
      ['/specversion specversion'],
    ],
    [
      'our own batches',
      '{"events":[]}',
      422,
      'invalid-cloudevent',
      ['/specversion required', '/id required', '/source required', '/type required', '/events type'],
    ],
  ])('are refused with %s', async (_, body, status, code, violations) => {
    expect(await refusal(body, STRUCTURED)).toEqual([status, code, violations]);
  });
});

describe('in batches', () => {
  it('become one batch of events', async () => {
    const [a, b] = [JSON.stringify(CLOUD_EVENT), JSON.stringify({ ...CLOUD_EVENT, id: 'B' })];
    await expectAccepted(gzipSync(`[${a} , ${b}]`), { ...BATCH, 'content-encoding': 'gzip' }, 2);
    expect(await lastEvents()).toMatchObject([{ event_id: '/shop A234' }, { event_id: '/shop B' }]);
  });

  it('may be none', async () => {
    const before = await entryCount();
    const response = await gateway.post('[]', BATCH);
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(await entryCount()).toBe(before);
  });

  it('are refused whole', async () => {
    const bad = { ...CLOUD_EVENT, source: 'my shop' };
    expect(await refusal(JSON.stringify([CLOUD_EVENT, bad]), BATCH)).toEqual([
      422,
      'invalid-cloudevent',
      ['/1/source uri-reference'],
    ]);
    const tooMany = Array.from({ length: 1_001 }, () => CLOUD_EVENT);
    expect(await refusal(JSON.stringify(tooMany), BATCH)).toEqual([
      422,
      'invalid-cloudevent',
      [' max-items'],
    ]);
  });

  it('are refused where more would become of them than a body may have', async () => {
    const events = Array.from({ length: 1_000 }, (_, i) => ({
      ...CLOUD_EVENT,
      id: String(i),
      data: 'x'.repeat(5_100),
    }));
    const [status, code] = await refusal(JSON.stringify(events), BATCH);
    expect([status, code]).toEqual([413, 'body-too-large']);
  });
});

describe('in binary mode', () => {
  const payloadOf = async () => (await lastEvents())[0]?.payload;

  it('become the same as in structured mode, with JSON byte for byte', async () => {
    await expectAccepted(' {"total":9007199254740993} ', { ...BINARY, 'ce-time': '2026-01-31T12:00:00Z' });
    expect(await lastBody()).toBe(
      '{"events":[{"topic":"com.example.order","event_id":"/shop A234","timestamp":"2026-01-31T12:00:00Z","source":"/shop","payload":{"id":"A234","source":"/shop","specversion":"1.0","time":"2026-01-31T12:00:00Z","type":"com.example.order","datacontenttype":"application/json","data": {"total":9007199254740993} }}]}',
    );
  });

  it.each<[string, string | Uint8Array, string, unknown]>([
    ['text', 'Grüße\n', 'text/plain; charset=utf-8', { data: 'Grüße\n' }],
    ['text with U+0000', 'a\0b', 'text/plain', { data_base64: 'YQBi' }],
    [
      'text in another charset',
      Uint8Array.from([0xe9]),
      'text/plain; charset=latin1',
      { data_base64: '6Q==' },
    ],
    ['text that is no UTF-8', Uint8Array.from([0xe9]), 'text/plain', { data_base64: '6Q==' }],
    ['JSON of a subtype', '[1]', 'application/vnd.acme+json', { data: [1] }],
    [
      'JSON in another charset',
      Uint8Array.from([0x31, 0]),
      'application/json; charset=utf-16le',
      { data_base64: 'MQA=' },
    ],
    ['bytes', Uint8Array.from([1, 2, 3]), 'application/octet-stream', { data_base64: 'AQID' }],
    ['lines', '{}\n{}', 'application/x-ndjson', { data_base64: 'e30Ke30=' }],
  ])('hold %s as data, with nothing lost', async (_, body, type, data) => {
    await expectAccepted(body, { ...BINARY, 'content-type': type });
    const { id, source, specversion, type: __, ...rest } = (await payloadOf()) ?? {};
    expect(rest).toEqual({ datacontenttype: type, ...(data as object) });
  });

  it('need no data, and no type of it', async () => {
    const { 'content-type': _, ...headers } = BINARY;
    const response = await fetch(`${gateway.url}/publish`, { method: 'POST', headers });
    expect(response.status).toBe(202);
    expect(await payloadOf()).toEqual(CLOUD_EVENT);
  });

  it('have percent-encoded attributes, or quoted ones, and extensions', async () => {
    await expectAccepted('1', {
      ...BINARY,
      'ce-subject': 'Euro%20%E2%82%AC%20%F0%9F%98%80',
      'ce-quoted': '"a \\"b\\" %41"',
      'CE-Plain': 'a b',
    });
    expect(await payloadOf()).toMatchObject({ subject: 'Euro € 😀', quoted: 'a "b" A', plain: 'a b' });
  });

  it.each<[string, string | Uint8Array, Record<string, string>, number, string, string[]]>([
    [
      'half the attributes',
      '1',
      { 'ce-source': '', 'ce-type': '' },
      422,
      'invalid-cloudevent',
      ['/headers/ce-source min-length', '/headers/ce-type min-length'],
    ],
    [
      'another version',
      '1',
      { 'ce-specversion': '2.0' },
      422,
      'invalid-cloudevent',
      ['/headers/ce-specversion specversion'],
    ],
    [
      'a source with a space',
      '1',
      { 'ce-source': '/my%20shop' },
      422,
      'invalid-cloudevent',
      ['/headers/ce-source uri-reference'],
    ],
    [
      'a control character',
      '1',
      { 'ce-id': 'a%00' },
      422,
      'invalid-cloudevent',
      ['/headers/ce-id character'],
    ],
    [
      'a broken escape',
      '1',
      { 'ce-subject': '100%' },
      422,
      'invalid-cloudevent',
      ['/headers/ce-subject percent-encoding'],
    ],
    [
      'an escape that is no UTF-8',
      '1',
      { 'ce-subject': '%ff' },
      422,
      'invalid-cloudevent',
      ['/headers/ce-subject percent-encoding'],
    ],
    ['Latin-1', '1', { 'ce-subject': 'é' }, 422, 'invalid-cloudevent', ['/headers/ce-subject ascii']],
    [
      'a name that is none',
      '1',
      { 'ce-my_ext': 'x' },
      422,
      'invalid-cloudevent',
      ['/headers/ce-my_ext attribute-name'],
    ],
    [
      'data in a header',
      '1',
      { 'ce-data': 'x' },
      422,
      'invalid-cloudevent',
      ['/headers/ce-data attribute-name'],
    ],
    [
      'a second content type',
      '1',
      { 'ce-datacontenttype': 'text/plain' },
      422,
      'invalid-cloudevent',
      ['/headers/ce-datacontenttype content-type'],
    ],
    ['a bad time', '1', { 'ce-time': 'now' }, 422, 'invalid-cloudevent', ['/headers/ce-time timestamp']],
    [
      'a Content-Type that is none',
      '1',
      { 'content-type': 'json' },
      422,
      'invalid-cloudevent',
      ['/headers/content-type media-type'],
    ],
    ['JSON that is none', '{"total":', {}, 400, 'malformed-json', [' json']],
    ['two JSON values', '{}{}', {}, 400, 'malformed-json', [' json']],
    [
      'JSON that cannot be stored',
      '{"a":"\\u0000"}',
      {},
      422,
      'invalid-cloudevent',
      ['/data/a nul-character'],
    ],
  ])('are refused with %s', async (_, body, headers, status, code, violations) => {
    expect(await refusal(body, { ...BINARY, ...headers })).toEqual([status, code, violations]);
  });

  it('are refused without attributes that are required', async () => {
    const headers = { 'content-type': 'text/plain', 'ce-id': '1' };
    expect(await refusal('x', headers)).toEqual([
      422,
      'invalid-cloudevent',
      ['specversion', 'source', 'type'].map((name) => `/headers/ce-${name} required`),
    ]);
  });

  it.each([
    ['an attribute', 'ce-id', 'B', 422],
    ['a Content-Type', 'content-type', 'text/plain', 400],
  ])('are refused with %s that is given twice', async (_, name, value, expected) => {
    const headers = [['host', 'x'], ...Object.entries(BINARY), [name, value]];
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request(
        `${gateway.url}/publish`,
        { method: 'POST', headers: headers.flat() },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      sent.on('error', reject).end('1');
    });
    expect(status).toBe(expected);
  });
});

it('are refused in formats that are not taken, with what is taken', async () => {
  const response = await gateway.post('x', { ...BINARY, 'content-type': 'application/cloudevents+protobuf' });
  const problem = (await response.json()) as ProblemDetails;
  expect([response.status, problem.code]).toEqual([415, 'unsupported-media-type']);
  expect(problem.detail).toContain('application/cloudevents+json');
});
