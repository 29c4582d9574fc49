import { TypeCompiler } from '@sinclair/typebox/compiler';
import { describe, expect, it } from 'vitest';
import { CloudEventSchema } from './cloud-event.ts';
import { MAX_PAYLOAD_DEPTH, MAX_VIOLATIONS } from './limits.ts';
import { type ParsedCloudEvents, parseCloudEvent, parseCloudEventBatch } from './parse-cloud-events.ts';
import { bytes } from './testing/samples.ts';

const CLOUD_EVENT = { specversion: '1.0', id: 'A234', source: '/shop', type: 'com.example.order' };

const parse = (fields: Record<string, unknown>) =>
  parseCloudEvent(bytes(JSON.stringify({ ...CLOUD_EVENT, ...fields })));

/** The outcome in short: each violation as "pointer rule". */
function inShort(parsed: ParsedCloudEvents): string | string[] {
  if (parsed.outcome !== 'invalid') return parsed.outcome;
  return parsed.violations.map(({ pointer, rule }) => `${pointer} ${rule}`);
}

it('takes the examples of the specification', () => {
  const json = `{
    "specversion" : "1.0",
    "type" : "com.github.pull_request.opened",
    "source" : "https://github.com/cloudevents/spec/pull",
    "subject" : "123",
    "id" : "A234-1234-1234",
    "time" : "2018-04-05T17:31:00Z",
    "comexampleextension1" : "value",
    "comexampleothervalue" : 5,
    "unsetextension": null,
    "datacontenttype" : "text/xml",
    "data" : "<much wow=\\"xml\\"/>"
  }`;
  expect(parseCloudEvent(bytes(json))).toEqual({
    outcome: 'valid',
    cloudEvents: [
      {
        id: 'A234-1234-1234',
        source: 'https://github.com/cloudevents/spec/pull',
        type: 'com.github.pull_request.opened',
        time: '2018-04-05T17:31:00Z',
        json: bytes(json),
      },
    ],
  });
});

describe('attributes by the rules of the specification', () => {
  it.each<[string, Record<string, unknown>]>([
    ['nothing but what is required', {}],
    ['attributes that are null', { time: null, subject: null, datacontenttype: null, data: null }],
    ['a source that is a URN', { source: 'urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66' }],
    ['a source that is percent-encoded', { source: '/caf%C3%A9?a=[1]#x' }],
    ['an id of any characters, and any length', { id: `a b é 😀 ${'x'.repeat(1_000)}` }],
    ['extensions of each type', { a: 'text', b: true, c: -(2 ** 31), d: 2 ** 31 - 1, e: '' }],
    ['a media type with parameters', { datacontenttype: 'application/vnd.x+json; charset=utf-8; a="b"' }],
    ['a schema', { dataschema: 'https://shop.example/order.json' }],
    ['data of any type', { data: [1, { a: null }] }],
    ['Base64', { data_base64: 'aGVsbG8=' }],
    ['empty Base64', { data_base64: '' }],
    ['Base64 beside data that is null', { data: null, data_base64: 'aGVsbA==' }],
  ])('takes %s', (_, fields) => {
    expect(inShort(parse(fields))).toBe('valid');
    expect(TypeCompiler.Compile(CloudEventSchema).Check(withoutNulls({ ...CLOUD_EVENT, ...fields }))).toBe(
      true,
    );
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['no source', { source: undefined }, ['/source required']],
    ['a source that is null', { source: null }, ['/source required']],
    ['an empty source', { source: '' }, ['/source min-length']],
    ['a source with a space', { source: '/my shop' }, ['/source uri-reference']],
    ['a source that is no ASCII', { source: '/café' }, ['/source uri-reference']],
    ['a source with a broken escape', { source: '/100%' }, ['/source uri-reference']],
    ['a source that is too long', { source: `/${'x'.repeat(255)}` }, ['/source max-length']],
    ['an id that is a number', { id: 5 }, ['/id type']],
    ['an empty id', { id: '' }, ['/id min-length']],
    ['an id with a line feed', { id: 'a\nb' }, ['/id character']],
    ['an id with a noncharacter', { id: 'a\ufffe' }, ['/id character']],
    ['a type that is too long', { type: 'é'.repeat(256) }, ['/type max-length']],
    ['an older version', { specversion: '0.3' }, ['/specversion specversion']],
    ['a version that is a number', { specversion: 1 }, ['/specversion type']],
    ['a time that is none', { time: '2026-02-30T00:00:00Z' }, ['/time timestamp']],
    ['a time without an offset', { time: '2026-02-03T00:00:00' }, ['/time timestamp']],
    ['an empty subject', { subject: '' }, ['/subject min-length']],
    ['a media type that is none', { datacontenttype: 'json' }, ['/datacontenttype media-type']],
    ['a schema that is no URI', { dataschema: '/schema' }, ['/dataschema uri']],
    ['a schema with a space', { dataschema: 'https://shop.example/an order' }, ['/dataschema uri']],
    ['a name with capitals', { traceParent: 'x' }, ['/traceParent attribute-name']],
    ['a name with an underscore', { my_name: 'x' }, ['/my_name attribute-name']],
    ['an extension that is an object', { ext: {} }, ['/ext type']],
    ['an extension that is a fraction', { ext: 1.5 }, ['/ext type']],
    ['an extension beyond 32 bits', { ext: 2 ** 31 }, ['/ext type']],
    ['Base64 that is a number', { data_base64: 5 }, ['/data_base64 type']],
    ['data twice', { data: 1, data_base64: 'aGVsbG8=' }, ['/data_base64 exclusive']],
    ['Base64 without its padding', { data_base64: 'aGVsbG8' }, ['/data_base64 base64']],
    ['Base64 of another alphabet', { data_base64: 'aGV_bG8=' }, ['/data_base64 base64']],
    ['U+0000 in data', { data: { a: '\0' } }, ['/data/a nul-character']],
  ])('refuses %s', (_, fields, violations) => {
    expect(inShort(parse(fields))).toEqual(violations);
  });
});

it('counts levels so that what is taken fits a payload', () => {
  const nested = (levels: number) => parse({ data: JSON.parse('['.repeat(levels) + ']'.repeat(levels)) });
  expect(inShort(nested(MAX_PAYLOAD_DEPTH - 1))).toBe('valid');
  expect(inShort(nested(MAX_PAYLOAD_DEPTH))).toEqual([expect.stringMatching(/^\/data(\/0)+ max-depth$/)]);
});

it.each([
  ['nothing', ''],
  ['half', '{"specversion":"1.0"'],
  ['a byte order mark', '\ufeff{}'],
])('says that %s is no JSON', (_, body) => {
  expect(parseCloudEvent(bytes(body)).outcome).toBe('malformed');
  expect(parseCloudEventBatch(bytes(body), { maxEvents: 9 }).outcome).toBe('malformed');
});

describe('a batch', () => {
  const batch = (...cloudEvents: unknown[]) =>
    parseCloudEventBatch(bytes(JSON.stringify(cloudEvents)), { maxEvents: 2 });

  it('gives each element, byte for byte', () => {
    const [a, b] = [
      '{"specversion":"1.0","id":"[,","source":"a","type":"t","data":1e400}',
      '{ "specversion":"1.0","id":"2","source":"a","type":"t","data":9007199254740993}',
    ];
    const parsed = parseCloudEventBatch(bytes(`[${a},${b}]`), { maxEvents: 2 });
    if (parsed.outcome !== 'valid') throw new Error(parsed.outcome);
    expect(parsed.cloudEvents.map(({ json }) => Buffer.from(json).toString())).toEqual([a, b]);
  });

  it('may be empty', () => {
    expect(batch()).toEqual({ outcome: 'valid', cloudEvents: [] });
  });

  it('names the element that is at fault', () => {
    expect(inShort(batch(CLOUD_EVENT, { ...CLOUD_EVENT, source: undefined, data: '\0' }))).toEqual([
      '/1/data nul-character',
      '/1/source required',
    ]);
    expect(inShort(batch(CLOUD_EVENT, 5))).toEqual(['/1 type']);
  });

  it('names no more faults than a document lists', () => {
    const many = Array.from({ length: MAX_VIOLATIONS + 1 }, () => ({ ...CLOUD_EVENT, source: '' }));
    const parsed = parseCloudEventBatch(bytes(JSON.stringify(many)), { maxEvents: 1_000 });
    expect(inShort(parsed)).toHaveLength(MAX_VIOLATIONS);
  });

  it('is an array of no more events than a batch may have', () => {
    expect(inShort(batch(CLOUD_EVENT, CLOUD_EVENT, CLOUD_EVENT))).toEqual([' max-items']);
    expect(inShort(parseCloudEventBatch(bytes('{}'), { maxEvents: 2 }))).toEqual([' type']);
  });
});

it('is an object', () => {
  expect(inShort(parseCloudEvent(bytes('[]')))).toEqual([' type']);
});

function withoutNulls(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
