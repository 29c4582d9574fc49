import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { event, openSystem, type System } from '../testing/system.ts';
import { type RawAnswer, rawRequest } from './raw-request.ts';

/** What the gateway makes of HTTP that is wrong, odd or meant to be misunderstood: byte by byte. */

const ORIGIN = 'https://ops.example';
let system: System;
let port: number;
beforeAll(async () => {
  system = await openSystem({
    consumers: 1,
    serviceEnv: {
      HEADERS_TIMEOUT_MS: '1000',
      BODY_TIMEOUT_MS: '1000',
      CORS_ORIGINS: `${ORIGIN},http://localhost:5173`,
    },
  });
  port = Number(new URL(system.stack.url).port);
});
afterAll(() => system.close());

const HOST = 'Host: x\r\n';
const CLOSE = 'Connection: close\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const publish = (headers: string, body: string): string =>
  `POST /publish HTTP/1.1\r\n${HOST}${JSON_TYPE}${headers}\r\n${body}`;
const get = (target: string, headers = HOST): string => `GET ${target} HTTP/1.1\r\n${headers}${CLOSE}\r\n`;
/** What stands behind a request whose end two readers see in two places. */
const SMUGGLED = 'DELETE /dead-letters?all=true HTTP/1.1\r\nHost: x\r\n\r\n';

/** Each answer that is no success is a problem document, whoever refused it; nothing of the request is in it as HTML. */
function expectProblem({ headers, body, text }: RawAnswer, status: number): void {
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const problem = JSON.parse(body) as Record<string, unknown>;
  expect(problem).toMatchObject({
    status,
    code: expect.any(String),
    title: expect.any(String),
    detail: expect.any(String),
  });
  expect(problem['request_id']).toBe(headers['x-request-id']);
  expect(text).not.toMatch(/<script|\bat .+\.(js|ts):\d+|node_modules|express/i);
}

function expectSafe({ headers }: RawAnswer): void {
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
  });
  expect(Object.keys(headers)).not.toContain('x-powered-by');
  expect(Object.keys(headers)).not.toContain('server');
}

const SMUGGLING: Readonly<Record<string, string>> = {
  'Content-Length and Transfer-Encoding': publish(`Content-Length: 5\r\n${CHUNKED}`, `0\r\n\r\n${SMUGGLED}`),
  'Transfer-Encoding and Content-Length': publish(`${CHUNKED}Content-Length: 5\r\n`, `0\r\n\r\n${SMUGGLED}`),
  'two lengths': publish('Content-Length: 2\r\nContent-Length: 7\r\n', `{}${SMUGGLED}`),
  'the same length twice': publish('Content-Length: 2\r\nContent-Length: 2\r\n', `{}${SMUGGLED}`),
  'a list of lengths': publish('Content-Length: 2, 2\r\n', `{}${SMUGGLED}`),
  'a length with a sign': publish('Content-Length: +2\r\n', `{}${SMUGGLED}`),
  'a negative length': publish('Content-Length: -2\r\n', `{}${SMUGGLED}`),
  'a length in hexadecimal': publish('Content-Length: 0x2\r\n', `{}${SMUGGLED}`),
  'a length that overflows': publish('Content-Length: 18446744073709551618\r\n', `{}${SMUGGLED}`),
  'an empty length': publish('Content-Length:\r\n', `{}${SMUGGLED}`),
  'two transfer encodings': publish(`${CHUNKED}Transfer-Encoding: identity\r\n`, `0\r\n\r\n${SMUGGLED}`),
  'chunked twice': publish(`${CHUNKED}${CHUNKED}`, `0\r\n\r\n${SMUGGLED}`),
  'chunked not last': publish('Transfer-Encoding: chunked, gzip\r\n', `0\r\n\r\n${SMUGGLED}`),
  'an unknown transfer encoding': publish('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  'identity as transfer encoding': publish('Transfer-Encoding: identity\r\n', SMUGGLED),
  'a space before the colon': publish('Transfer-Encoding : chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  'a vertical tab before chunked': publish('Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  'a quoted encoding': publish('Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${SMUGGLED}`),
  'HTTP/1.0 with Transfer-Encoding': `POST /publish HTTP/1.0\r\n${HOST}${CHUNKED}\r\n0\r\n\r\n${SMUGGLED}`,
  'a header that goes on in the next line': `GET /health HTTP/1.1\r\n${HOST}X-A: a\r\n b\r\n\r\n`,
  'an encoding in the next line': publish('Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  'lines that end with LF': `GET /health HTTP/1.1\nHost: x\n\n`,
  'a header that ends with LF': `GET /health HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n`,
  'a CR within a header': `GET /health HTTP/1.1\r\nHost: x\rX-A: b\r\n\r\n`,
  'a chunk that ends with LF': publish(CHUNKED, `1\n{\r\n0\r\n\r\n${SMUGGLED}`),
  'a negative chunk': publish(CHUNKED, `-1\r\n{\r\n0\r\n\r\n${SMUGGLED}`),
  'a chunk in 0x': publish(CHUNKED, `0x1\r\n{\r\n0\r\n\r\n${SMUGGLED}`),
  'a chunk that overflows': publish(CHUNKED, `fffffffffffffffff\r\n{\r\n0\r\n\r\n${SMUGGLED}`),
  'a chunk longer than it says': publish(CHUNKED, `1\r\n{}\r\n0\r\n\r\n${SMUGGLED}`),
  'a length in the trailer': publish(CHUNKED, `2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n${SMUGGLED}`),
  'NUL in a header': `GET /health HTTP/1.1\r\n${HOST}X-A: a\0b\r\n\r\n`,
  'NUL in a name': `GET /health HTTP/1.1\r\n${HOST}X\0A: b\r\n\r\n`,
  'a header without a colon': `GET /health HTTP/1.1\r\n${HOST}foo\r\n\r\n`,
  'a header without a name': `GET /health HTTP/1.1\r\n${HOST}: foo\r\n\r\n`,
  'a space before the first header': `GET /health HTTP/1.1\r\n Host: x\r\n\r\n`,
  'no Host': get('/health', ''),
  'two Hosts': get('/health', 'Host: a\r\nHost: b\r\n'),
  'the same Host twice': get('/health', 'Host: a\r\nhost: a\r\n'),
  'a Host that is none': get('/health', 'Host: a/<script>\r\n'),
  'two Hosts in one': get('/health', 'Host: a, b c\r\n'),
  'two types': `POST /publish HTTP/1.1\r\n${HOST}${JSON_TYPE}content-type: application/x-ndjson\r\nContent-Length: 2\r\n\r\n{}`,
  'two authorizations': get('/health', `${HOST}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n`),
};

const ODD: Readonly<Record<string, string>> = {
  'a relative target': get('health'),
  'another scheme': get('ftp://x/health'),
  'javascript:': get('javascript:alert(1)'),
  'an asterisk': get('*'),
  'a fragment': get('/health#x'),
  'a space in the target': get('/he alth'),
  'a control character': get('/\x01'),
  'a byte that is not ASCII': get('/\xff'),
  'no target': 'GET  HTTP/1.1\r\nHost: x\r\n\r\n',
  'HTTP/2.0': `GET /health HTTP/2.0\r\n${HOST}\r\n`,
  'HTTP/3.7': `GET /health HTTP/3.7\r\n${HOST}\r\n`,
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  Redis: '*1\r\n$4\r\nPING\r\n',
  garbage: '\0\0\0\0\r\n\r\n',
  'a method with a tab': 'GET\t/health HTTP/1.1\r\nHost: x\r\n\r\n',
  'a path that does not decode': get('/dead-letters/%ZZ'),
};

describe('is refused with 400 and read no further:', () => {
  it.each(Object.entries({ ...SMUGGLING, ...ODD }))('%s', async (_name, bytes) => {
    const answer = await rawRequest(port, bytes);
    expect(answer.status).toBe(400);
    expect(answer.text.match(/^HTTP\/1\.1 \d/gm)).toHaveLength(1); // what was behind it was not answered
    expect(answer.headers['connection']).toBe('close');
    expectProblem(answer, 400);
    expectSafe(answer);
  });
});

describe('sizes and times', () => {
  const cases: readonly (readonly [name: string, bytes: string, status: number, code: string])[] = [
    ['a header of 17 KiB', get('/health', `${HOST}X-A: ${'a'.repeat(17_408)}\r\n`), 431, 'headers-too-large'],
    ['101 headers', get('/health', `${HOST}${'X-A: b\r\n'.repeat(99)}`), 431, 'headers-too-large'],
    ['3,000 headers', get('/health', `${HOST}${'a:b\r\n'.repeat(3_000)}`), 431, 'headers-too-large'],
    ['a target of 17 KiB', get(`/health?${'a'.repeat(17_408)}`), 431, 'headers-too-large'],
    ['a query of 15 KiB', get(`/events?${'a'.repeat(15_000)}`), 414, 'uri-too-long'],
    [
      'extensions of a chunk',
      publish(CHUNKED, `1;${'a'.repeat(20_000)}\r\n{\r\n0\r\n\r\n`),
      413,
      'body-too-large',
    ],
    [
      'a body that says that it is too large',
      publish('Content-Length: 99999999\r\n', ''),
      413,
      'body-too-large',
    ],
    ['nothing at all', '', 408, 'request-timeout'],
    ['headers that do not end', 'GET /health HTTP/1.1\r\nHost: x\r\nX-A: ', 408, 'request-timeout'],
    ['HTTP/0.9', 'GET /health\r\n', 408, 'request-timeout'],
    ['a body that does not come', publish('Content-Length: 10\r\n', '{'), 408, 'request-timeout'],
    ['a chunk that does not come', publish(CHUNKED, '5\r\n{'), 408, 'request-timeout'],
  ];
  it.each(cases)('%s', async (_name, bytes, status, code) => {
    const answer = await rawRequest(port, bytes);
    expect(answer.status).toBe(status);
    expectProblem(answer, status);
    expect(JSON.parse(answer.body)).toMatchObject({ code });
  });
});

describe('methods', () => {
  it.each([
    ['BREW /health', 'GET, HEAD, OPTIONS'],
    ['brew /publish?x=1', 'POST, OPTIONS'],
    ['CONNECT /dead-letters/1', 'GET, HEAD, DELETE, OPTIONS'],
    ['TRACE /stats', 'GET, HEAD, OPTIONS'],
    ['PURGE /', 'GET, HEAD, OPTIONS'],
    ['POST /health', 'GET, HEAD, OPTIONS'],
    ['PUT /publish', 'POST, OPTIONS'],
    ['HEAD /publish', 'POST, OPTIONS'],
    ['DELETE /dashboard/assets/x.js', 'GET, HEAD, OPTIONS'],
  ])('%s: 405 with Allow', async (line, allow) => {
    const answer = await rawRequest(port, `${line} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`);
    expect([answer.status, answer.headers['allow']]).toEqual([405, allow]);
    if (!line.startsWith('HEAD')) expectProblem(answer, 405);
    expectSafe(answer);
  });

  it.each([
    'BREW /nothing',
    'CONNECT example.com:443',
    'GET /nothing',
    'OPTIONS /nothing',
    'GET //health',
    'GET /dashboard/assets/..%2f..%2fpackage.json',
    'GET /..%2f..%2fetc/passwd',
  ])('%s: 404', async (line) => {
    const answer = await rawRequest(port, `${line} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`);
    expect(answer.status).toBe(404);
    expectProblem(answer, 404);
  });

  it('CONNECT by a client that is gone at once is no harm', async () => {
    const pid = system.pidOf('gateway');
    for (let n = 0; n < 20; n++) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n');
      if (n % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      socket.resetAndDestroy();
    }
    expect((await rawRequest(port, get('/health', `${HOST}${CLOSE}`))).status).toBe(200);
    expect(system.pidOf('gateway')).toBe(pid);
  });

  it('OPTIONS says what a path, or the server, takes', async () => {
    for (const [target, allow] of [
      ['/publish', 'POST'],
      ['/dead-letters', 'GET, HEAD, DELETE'],
      ['*', 'POST, GET, HEAD, DELETE'],
    ]) {
      const answer = await rawRequest(port, `OPTIONS ${target} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`);
      expect([answer.status, answer.headers['allow'], answer.body]).toEqual([204, `${allow}, OPTIONS`, '']);
    }
    expect((await system.request('OPTIONS', '/publish')).status).toBe(204);
  });

  it.each([
    '/',
    '/health',
    '/stats',
    '/events?limit=1',
    '/metrics',
    '/openapi.json',
    '/docs',
    '/dashboard',
    '/tail',
    '/live',
  ])('HEAD %s is GET without the body', async (path) => {
    const head = await rawRequest(port, `HEAD ${path} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`);
    expect([head.status, head.body]).toEqual([200, '']);
    expectSafe(head);
  });
});

describe('is taken, for it is valid:', () => {
  it.each([
    ['absolute-form', get('http://elsewhere.example/health')],
    ['absolute-form without a path, with a query', get('HTTP://elsewhere.example?x')],
    ['an empty Host', get('/health', 'Host:\r\n')],
    ['a Host of IPv6', get('/health', 'Host: [::1]:8080\r\n')],
    ['HTTP/1.0 without a Host', 'GET /health HTTP/1.0\r\n\r\n'],
    ['an unknown expectation', get('/health', `${HOST}Expect: the-unexpected\r\n`)],
    [
      'an upgrade that is not taken',
      `GET /health HTTP/1.1\r\n${HOST}Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`,
    ],
    ['an empty line before it', `\r\n${get('/health')}`],
    ['two requests at once', `GET /health HTTP/1.1\r\n${HOST}\r\n${get('/health')}`],
  ])('%s', async (_name, bytes) => {
    expect((await rawRequest(port, bytes)).status).toBe(200);
  });

  it('a link to the next page does not lead elsewhere', async () => {
    await system.publish(event(), event());
    await system.settled();
    const { headers } = await rawRequest(port, get('http://elsewhere.example/events?limit=1'));
    expect(headers['link']).toMatch(/^<\/events\?limit=1&cursor=/);
  });
});

describe('pages', () => {
  it.each(['/dashboard', '/docs'])('%s runs nothing but its own', async (path) => {
    const { headers } = await rawRequest(port, get(path, `${HOST}Accept: text/html\r\n`));
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
  });

  it('nothing that was sent comes back as HTML', async () => {
    const script = '<script>alert(1)</script>';
    for (const path of [
      `/${script}`,
      `/events?${script}=1`,
      `/dead-letters/${script}`,
      `/dashboard/?${script}`,
      `/docs/${script}`,
    ]) {
      const answer = await rawRequest(
        port,
        get(path, `${HOST}Accept: text/html\r\nX-Request-Id: ${script}\r\n`),
      );
      expect(answer.headers['content-type'] ?? '').not.toContain('html');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['x-request-id']).not.toContain('<');
    }
  });
});

describe('CORS', () => {
  const preflight = (origin: string, path = '/publish') =>
    rawRequest(
      port,
      `OPTIONS ${path} HTTP/1.1\r\n${HOST}${CLOSE}Origin: ${origin}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type,x-api-key\r\n\r\n`,
    );

  it('lets pages of the origins listed publish', async () => {
    const { status, headers } = await preflight(ORIGIN);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'GET,HEAD,POST,DELETE',
      'access-control-allow-headers': 'content-type,x-api-key',
      'access-control-max-age': '600',
      vary: expect.stringContaining('Origin'),
    });
    const problem = await rawRequest(port, get('/nothing', `${HOST}Origin: ${ORIGIN}\r\n`));
    expect(problem.headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(Object.keys(problem.headers)).not.toContain('access-control-allow-credentials');
  });

  it.each(['https://evil.example', 'https://ops.example.evil', 'http://ops.example', 'null', '*'])(
    'and not those of %s',
    async (origin) => {
      expect((await preflight(origin)).headers['access-control-allow-origin']).toBeUndefined();
    },
  );
});

it('still works, and its log has no line above info for any of this', async () => {
  await system.publish(event());
  await system.settled();
});
