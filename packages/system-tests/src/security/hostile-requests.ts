import { chance, integer, pick, type Random, randomAt } from '@oncelog/publisher';
import type { HostileRequest, Part } from './hostile-request.ts';
import { EVERY_PAYLOAD } from './payloads.ts';

/** The requests of a seed, by what they are meant to break: the kinds in turn. */
export function hostileRequests(seed: number, count: number): (HostileRequest & { readonly kind: string })[] {
  const kinds = Object.entries<Maker>(MAKERS);
  return Array.from({ length: count }, (_, at) => {
    const [kind, make] = kinds[at % kinds.length] as [string, Maker];
    return { kind, ...make(randomAt(seed, at)) };
  });
}

type Maker = (random: Random) => HostileRequest;
type Body = readonly Part[];

const times = (text: string, times: number): Part => ({ text, times });

const HOST = 'Host: gateway';
const JSON_TYPE = 'Content-Type: application/json';
const LINES_TYPE = 'Content-Type: application/x-ndjson';

const MAKERS = {
  target: (random) => ({ head: [`${method(random)} ${target(random)} HTTP/1.1`, HOST] }),
  version: (random) => ({
    head: [
      `GET /health ${pick(random, ['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'HTTPS/1.1', 'http/1.1', 'HTTP/1.1 x', ''])}`,
      HOST,
    ],
  }),
  framing: (random) => ({
    head: ['POST /publish HTTP/1.1', HOST, JSON_TYPE, ...framing(random)],
    body: [
      pick(random, [
        '0\r\n\r\nGET /stats HTTP/1.1\r\nHost: x\r\n\r\n',
        'ff\r\n{}\r\n0\r\n\r\n',
        'xyz',
        '2\r\n{}\r\n0\r\n\r\n',
      ]),
    ],
    unframed: true,
    end: true,
  }),
  header: (random) => ({ head: [`GET ${anyPath(random)} HTTP/1.1`, HOST, ...oddHeaders(random)] }),
  query: (random) => ({ head: [`${query(random)} HTTP/1.1`, HOST] }),
  letter: (random) => ({
    head: [
      `${pick(random, ['GET', 'DELETE', 'POST'])} /dead-letters/${segment(random)}${pick(random, ['', '/replay'])} HTTP/1.1`,
      HOST,
    ],
  }),
  asset: (random) => ({
    head: [
      `${pick(random, ['GET', 'HEAD', 'POST'])} ${pick(random, ['/dashboard/assets/', '/docs/', '/dashboard/', '/'])}${segment(random)} HTTP/1.1`,
      HOST,
      ...(chance(random, 50)
        ? [
            `Range: ${pick(random, ['bytes=0-', 'bytes=-1', 'bytes=9-1', 'lines=1', `bytes=${'0-0,'.repeat(500)}1-1`])}`,
          ]
        : []),
    ],
  }),
  place: (random) => ({
    head: ['GET /tail HTTP/1.1', HOST, `Last-Event-ID: ${pick(random, LAST_EVENT_IDS)}`],
  }),
  json: (random) => ({ ...posted(random, [JSON_TYPE]), body: jsonBody(random) }),
  encoded: (random) => ({
    ...posted(random, [pick(random, [JSON_TYPE, LINES_TYPE])]),
    body: jsonBody(random),
    encoding: pick(random, ['gzip', 'deflate', 'br']),
    ...(chance(random, 50) ? { cut: integer(random, 1, 12), end: true } : {}),
  }),
  misencoded: (random) => ({
    ...posted(random, [
      pick(random, [JSON_TYPE, LINES_TYPE]),
      `Content-Encoding: ${pick(random, ['gzip', 'deflate', 'br', 'gzip, gzip', 'identity', 'compress', 'zstd', 'GZIP', 'x-gzip', '', '__proto__', 'br;q=1'])}`,
    ]),
    body: jsonBody(random),
  }),
  bomb: (random) => ({
    ...posted(random, [pick(random, [JSON_TYPE, LINES_TYPE, 'Content-Type: application/cloudevents+json'])]),
    body: [times(pick(random, [' ', '[', '{"a":', '\n', '"', '0', '\u0000', 'é']), 6_000_000)],
    encoding: pick(random, ['gzip', 'deflate', 'br']),
  }),
  type: (random) => ({ ...posted(random, [`Content-Type: ${pick(random, TYPES)}`]), body: jsonBody(random) }),
  lines: (random) => ({
    ...posted(random, [LINES_TYPE]),
    body: [
      line(random),
      times(pick(random, ['\n', '\r', '\r\n', '\n\n\n', '\u2028', '']), integer(random, 1, 3)),
      line(random),
    ],
  }),
  cloudEvent: (random) => ({
    ...posted(random, [
      `Content-Type: ${pick(random, ['application/cloudevents+json', 'application/cloudevents-batch+json'])}`,
    ]),
    body: [JSON.stringify(pick(random, [[cloudEvent(random)], cloudEvent(random)]))],
  }),
  binary: (random) => ({
    ...posted(random, [
      'ce-specversion: 1.0',
      `ce-type: ${inHeader(payload(random))}`,
      `ce-id: ${inHeader(payload(random))}`,
      `ce-source: ${pick(random, ['/hostile', inHeader(payload(random))])}`,
      `${pick(random, ['ce-__proto__', 'ce-constructor', 'ce-data', 'ce-datacontenttype', 'ce-x', 'ce-', 'CE-ID'])}: ${inHeader(payload(random))}`,
      `Content-Type: ${pick(random, TYPES)}`,
    ]),
    body: [payload(random)],
  }),
  filter: (random) => ({
    head: ['POST /dead-letters/replay HTTP/1.1', HOST, JSON_TYPE],
    body: [
      pick(random, [
        payload(random),
        JSON.stringify({ [payload(random)]: 1 }),
        JSON.stringify({
          code: payload(random),
          limit: pick(random, [1, -1, 1e300, '1']),
          cursor: payload(random),
        }),
      ]),
    ],
  }),
  long: (random) => ({
    head: [
      [
        `GET /events?${pick(random, ['topic=', 'contains=', 'x', 'topic=x&'])}`,
        times(pick(random, ['a', '%25', '&', '=', '&topic=t']), pick(random, [500, 2_000, 20_000])),
        ' HTTP/1.1',
      ],
      HOST,
      ['X: 1', times('\r\nX: 1', pick(random, [0, 100, 3_000]))],
    ],
  }),
  length: (random) => ({
    head: [
      'POST /publish HTTP/1.1',
      HOST,
      pick(random, [JSON_TYPE, LINES_TYPE]),
      `Content-Length: ${pick(random, ['5242881', '99999999999999', '1e3', '-1', '0x10', '+2', '2, 2', '18446744073709551617', ' '])}`,
    ],
    body: ['{}'],
    unframed: true,
    cut: 1,
    end: true,
  }),
} satisfies Record<string, Maker>;

type Names = readonly [string, ...string[]];
const QUERIED: readonly [readonly [string, Names], ...(readonly [string, Names])[]] = [
  ['GET /events', ['topic', 'source', 'event_id']],
  ['GET /events', ['topic', 'source', 'event_id', 'contains', 'since', 'until', 'limit', 'cursor']],
  ['GET /dead-letters', ['code']],
  ['DELETE /dead-letters', ['code']],
  ['GET /tail', ['topic', 'source', 'contains']],
  ['GET /batches', ['batch_id']],
  ['GET /audit', ['full']],
  ['GET /live', ['x']],
  ['GET /dead-letters', ['code', 'batch_id', 'state', 'since', 'limit', 'cursor']],
  ['DELETE /dead-letters', ['code', 'batch_id', 'all', 'limit']],
];

const payload = (random: Random): string => pick(random, EVERY_PAYLOAD as [string, ...string[]]);
/** Percent-encoded, or as it is where a request line can hold it. */
const encodedPayload = (random: Random): string => {
  const text = payload(random).toWellFormed();
  return /^[\x21-\x7e]+$/.test(text) && chance(random, 50) ? text : encodeURIComponent(text);
};
const inHeader = (text: string): string =>
  text.replaceAll(/[^\t\x20-\x7e]/g, (one) => encodeURIComponent(one.toWellFormed()));

const method = (random: Random): string =>
  pick(random, [
    'GET',
    'POST',
    'PUT',
    'PATCH',
    'OPTIONS',
    'TRACE',
    'CONNECT',
    'PROPFIND',
    'QUERY',
    'M-SEARCH',
    'get',
    'FOO',
    'GET\0',
    '',
  ]);

const anyPath = (random: Random): string =>
  pick(random, [
    '/events',
    '/stats',
    '/health',
    '/metrics',
    '/dashboard',
    '/docs',
    '/openapi.json',
    '/',
    '/dead-letters',
  ]);

const target = (random: Random): string =>
  pick(random, [
    'http://[x/events',
    'http://',
    'http://gateway/events?limit=1',
    'http://user:password@evil.example/stats',
    'javascript:alert(1)',
    '//evil.example/dashboard/',
    '/\\evil.example',
    '*',
    '/events#x',
    '/events;jsessionid=1',
    '/./events',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/../../../../etc/passwd',
    '/%',
    '/%ZZ',
    '/%00',
    '/%C0%AE%C0%AE/',
    '/EVENTS?limit=1',
    '/events//',
    '/dashboard/?next=//evil.example',
    '/dashboard/%0d%0aX-Injected:%201',
    '/docs?url=http://evil.example/openapi.json',
    `/${'a/'.repeat(3_000)}`,
    'events',
    '',
  ]);

const framing = (random: Random): string[] =>
  pick(random, [
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
    ['Transfer-Encoding: xchunked'],
    ['Transfer-Encoding: chunked, gzip'],
    ['Transfer-Encoding:\tchunked'],
    ['Transfer-Encoding : chunked'],
    ['Transfer-Encoding: \x0bchunked'],
    ['X: x\nTransfer-Encoding: chunked'],
    ['Content-Length: 2', 'Content-Length: 3'],
    ['Content-Length: 2', ' Content-Length: 3'],
    ['Transfer-Encoding: chunked'],
    ['Transfer-Encoding: gzip, chunked'],
  ] as [string[], ...string[][]]);

const oddHeaders = (random: Random): string[] =>
  pick(random, [
    ['Host: other'],
    ['X: a\0b'],
    ['X: a\rb'],
    ['X y: 1'],
    [': 1'],
    ['no colon'],
    [`X: ${'x'.repeat(20_000)}`],
    ['Expect: 100-continue'],
    ['Expect: the worst'],
    ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
    ['Upgrade: websocket'],
    [`X-Request-Id: ${inHeader(payload(random))}`],
    [`traceparent: ${inHeader(payload(random))}`],
    ['traceparent: 00-00000000000000000000000000000000-0000000000000000-00'],
    [`Accept: ${'text/html;q=0.1,'.repeat(900)}*/*`],
    [`Accept-Encoding: ${inHeader(payload(random))}`],
    ['If-None-Match: *', 'If-Match: "x"', 'If-Modified-Since: never'],
    ['X-HTTP-Method-Override: DELETE'],
    ['X-Original-URL: /dead-letters', 'X-Rewrite-URL: /dead-letters'],
    [`Cookie: ${'a=b;'.repeat(3_000)}`],
    ['Authorization: Basic Og==', 'Proxy-Authorization: Bearer x'],
    [
      `Origin: http://evil.example`,
      'Access-Control-Request-Method: DELETE',
      'Access-Control-Request-Headers: *',
    ],
    [`X-Forwarded-For: ${inHeader(payload(random))}`, 'X-Forwarded-Proto: javascript'],
  ] as [string[], ...string[][]]);

function query(random: Random): string {
  const [line, names] = pick(random, QUERIED);
  const parameters = Array.from({ length: integer(random, 1, 2) }, () => {
    const name = chance(random, 90) ? pick(random, names) : encodedPayload(random);
    return `${name}${chance(random, 95) ? '=' : pick(random, ['', '[]=', '[a]='])}${encodedPayload(random)}`;
  });
  return `${line}?${parameters.join(pick(random, ['&', '&', '&&', ';']))}`;
}

const segment = (random: Random): string =>
  pick(random, [
    '1',
    '9223372036854775807',
    '9223372036854775808',
    '-1',
    '%',
    '%00',
    '..%2f..%2fetc%2fpasswd',
    '..%5c..%5c',
    '.git/config',
    '%2e%2e%2f',
    encodedPayload(random),
    encodedPayload(random),
    `${'../'.repeat(20)}etc/passwd`,
  ]);

const LAST_EVENT_IDS: readonly [string, ...string[]] = [
  '0',
  '-1',
  "'; DROP TABLE processed_events; --",
  '00000000.3',
  '00000000.ffffffffffffffff',
  '00000000.3.3.3.3',
  `00000000.${'1-'.repeat(2_500)}1`,
  'a'.repeat(5_000),
  '..',
  '%00',
  '__proto__.1',
  '00000000.-1',
];

const TYPES: readonly [string, ...string[]] = [
  'application/json; charset=utf-16',
  'application/json;charset="utf-8',
  'application/json, text/plain',
  'APPLICATION/JSON',
  'application/json;',
  'application/x-ndjson; charset=latin1',
  'application/cloudevents+xml',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'text/html',
  `application/json;${' '.repeat(5_000)}`,
  `text/plain; ${';charset='.repeat(1_000)}`,
  `a/${'+json'.repeat(2_000)}`,
  '*/*',
  '/',
  '',
];

const EVENT = {
  topic: 'hostile',
  event_id: 'e',
  timestamp: '2026-01-01T00:00:00Z',
  source: 's',
  payload: {},
};

function posted(random: Random, headers: string[]): Pick<HostileRequest, 'head'> {
  const key = pick(random, [[], [], [`Idempotency-Key: ${inHeader(payload(random))}`]] as [
    string[],
    ...string[][],
  ]);
  return { head: ['POST /publish HTTP/1.1', HOST, ...headers, ...key] };
}

/** An event with a payload of ours in one place. */
function eventText(random: Random): string {
  const text = payload(random);
  const field = pick(random, ['topic', 'event_id', 'timestamp', 'source', 'payload', text]);
  const value = pick(random, [text, { [text]: text }, [text], null, 1e21, true, { a: { b: [text] } }] as [
    unknown,
    ...unknown[],
  ]);
  return JSON.stringify(Object.fromEntries([...Object.entries(EVENT), [field, value]]));
}

const line = (random: Random): string =>
  pick(random, [
    eventText(random),
    eventText(random),
    JSON.stringify(EVENT),
    payload(random),
    '[]',
    '{',
    '"',
  ]);

function jsonBody(random: Random): Body {
  const one = eventText(random);
  const valid = JSON.stringify(EVENT);
  return pick(random, [
    [`{"events":[${one}]}`],
    [`{"events":[${one},${valid}]}`],
    [`{"events":[${valid}],"events":[${one}]}`],
    [`{"__proto__":{"events":[${valid}]}}`],
    ['{"events":[', times(`${valid},`, 1_000), `${valid}]}`],
    ['{"events":[', times(`${valid.replace('{}', '{"a":1e131071}')},`, 10), `${valid}]}`],
    [`{"events":[${valid.replace('{}}', '')}`, times('{"a":', 60_000), '1', times('}', 60_000), '}]}'],
    [`{"events":[${valid.replace('{}}', '{"')}`, times('k', 1_000_000), '":"\\u0000"}}]}'],
    [`{"events":[${valid.replace('{}', String.raw`{"a":"\u0000","\ud800":1e400,"b":1e999999}`)}]}`],
    [times('[', 100_000)],
    [payload(random)],
  ] as [Body, ...Body[]]);
}

function cloudEvent(random: Random): unknown {
  const text = payload(random);
  const valid = { specversion: '1.0', id: 'e', source: '/hostile', type: 'hostile', data: { a: 1 } };
  const field = pick(random, [
    'specversion',
    'id',
    'source',
    'type',
    'time',
    'data',
    'data_base64',
    'datacontenttype',
    'dataschema',
    'subject',
    text,
  ]);
  return Object.fromEntries([
    ...Object.entries(valid),
    [field, pick(random, [text, { [text]: text }, 1.5, null, 2 ** 31] as [unknown, ...unknown[]])],
  ]);
}
