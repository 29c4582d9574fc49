import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { ProblemDetails, PublishLinesResponse } from '@oncelog/event-schema';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { event, openTestGateway, type TestGateway } from '../testing/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway({ maxEventsPerBatch: 10, bodyStallMs: 1_000, maxNdjsonBytes: 30_000_000 });
});
afterAll(() => gateway.close());

const NDJSON = { 'content-type': 'application/x-ndjson' };
const linesOf = (count: number): string[] => Array.from({ length: count }, () => JSON.stringify(event()));
const entries = async () =>
  ((await gateway.redis.xRange(gateway.key, '-', '+')) ?? []).map(({ message }) => message);

/** Whether all is well or not: what an answer may hold. */
interface Answer extends Omit<PublishLinesResponse, 'status'>, Omit<ProblemDetails, 'status'> {}

async function post(body: string | Uint8Array, headers: Record<string, string> = {}) {
  const response = await gateway.post(body, { ...NDJSON, ...headers });
  return { status: response.status, body: (await response.json()) as Answer };
}

interface Beginning {
  readonly id?: string;
  /** Of the whole body, as its Content-Length says. */
  readonly bytes?: number;
}

/** Sends the beginning of a body, and collects what comes back. */
function begin(text: string, { id = 'none', bytes = 1_000_000 }: Beginning = {}) {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => {});
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
    // as clients do that have their answer
    if (received.endsWith('}')) socket.end();
  });
  const answer = new Promise<string>((resolve) => socket.on('close', () => resolve(received)));
  const head = [
    'POST /publish HTTP/1.1',
    'Host: x',
    `X-Request-Id: ${id}`,
    'Content-Type: application/x-ndjson',
  ];
  socket.write(`${head.join('\r\n')}\r\nContent-Length: ${bytes}\r\n\r\n${text}`);
  return { socket, answer };
}

describe('lines', () => {
  it('are kept in batches of their very bytes, and answered with 202', async () => {
    const before = (await entries()).length;
    const lines = linesOf(25);
    const { status, body } = await post(`\r\n${lines.join('\r\n')}`);
    expect({ status, body }).toEqual({
      status: 202,
      body: {
        status: 'accepted',
        queued: 25,
        message: 'Events queued for processing',
        batches: 3,
        batch_ids: Array.from({ length: 3 }, () => expect.stringMatching(/^[0-9a-f-]{36}$/)),
      },
    });
    const added = (await entries()).slice(before);
    expect(added.map(({ batch_id }) => batch_id)).toEqual(body.batch_ids);
    expect(added.map(({ events }) => events)).toEqual(['10', '10', '5']);
    expect(added.map((message) => message['body'])).toEqual(
      [lines.slice(0, 10), lines.slice(10, 20), lines.slice(20)].map(
        (batch) => `{"events":[${batch.join(',')}]}`,
      ),
    );
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('are taken with %s', async (encoding, compress) => {
    const { status, body } = await post(compress(linesOf(12).join('\n')), { 'content-encoding': encoding });
    expect([status, body.queued, body.batches]).toEqual([202, 12, 2]);
  });

  it('are taken with gzip of several members', async () => {
    const [a, b] = [linesOf(6), linesOf(7)].map((lines) => gzipSync(`${lines.join('\n')}\n`)) as [
      Buffer,
      Buffer,
    ];
    const { status, body } = await post(Buffer.concat([a, b]), { 'content-encoding': 'gzip' });
    expect([status, body.queued]).toEqual([202, 13]);
  });

  it('may be more bytes than a body may have', async () => {
    const line = JSON.stringify(event({ payload: { text: 'x'.repeat(500_000) } }));
    const { status, body } = await post(Array.from({ length: 20 }, () => line).join('\n'));
    expect([status, body.queued, body.batches]).toEqual([202, 20, 10]);
  });

  it('may be of any length up to that of a body', async () => {
    const long = JSON.stringify(event({ payload: { text: 'x'.repeat(5_000_000) } }));
    const { status, body } = await post([...linesOf(1), long, ...linesOf(1)].join('\n'));
    expect([status, body.batches]).toEqual([202, 3]);
    const tooLong = await post([...linesOf(1), `${long.slice(0, -3)}${'x'.repeat(300_000)}"}}`].join('\n'));
    expect([tooLong.status, tooLong.body.errors?.[0]?.pointer]).toEqual([413, '/lines/2']);
  });

  it('under the same key are the same batches, also when the body was corrected', async () => {
    const lines = linesOf(25);
    const key = { 'idempotency-key': 'file-7' };
    const wrong = await post(lines.with(22, 'oops').join('\n'), key);
    const right = await post(lines.join('\n'), key);
    const again = await post(lines.join('\r\n'), key);
    expect(wrong.body.kept?.batch_ids).toEqual(right.body.batch_ids.slice(0, 2));
    expect(again.body.batch_ids).toEqual(right.body.batch_ids);
    const other = await post(lines.join('\n'), { 'idempotency-key': 'file-8' });
    expect(other.body.batch_ids).not.toEqual(right.body.batch_ids);
    const repeated = await post([...lines.slice(0, 10), ...lines.slice(0, 10)].join('\n'), key);
    expect(new Set(repeated.body.batch_ids).size).toBe(2);
  });
});

describe('a problem says what was kept before it', () => {
  it('where a line is at fault, while the rest still comes', async () => {
    const before = (await entries()).length;
    const { status, body } = await post([...linesOf(14), '{"topic":"t"}', ...linesOf(3_000)].join('\n'));
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'invalid-batch',
      detail: 'Line 15 breaks the rules of events. Lines 1 to 10 were kept, in the batches before.',
      kept: { queued: 10, lines: 10, batches: 1 },
    });
    expect(body.errors?.map(({ pointer }) => pointer)).toEqual(
      ['event_id', 'timestamp', 'source', 'payload'].map((name) => `/lines/15/${name}`),
    );
    expect((await entries()).slice(before).map(({ batch_id }) => batch_id)).toEqual(body.kept?.batch_ids);
  });

  it.each<[string, string | Uint8Array, Record<string, string>, number, string]>([
    ['no JSON', 'oops', {}, 400, 'malformed-json'],
    ['nothing', '', {}, 422, 'invalid-batch'],
    ['a byte order mark', `\ufeff${JSON.stringify(event())}`, {}, 400, 'malformed-json'],
    [
      'another charset',
      'x',
      { 'content-type': 'application/x-ndjson; charset=utf-16' },
      415,
      'unsupported-media-type',
    ],
    ['an unknown encoding', 'x', { 'content-encoding': 'zip' }, 415, 'unsupported-encoding'],
    ['what is not gzip', 'x', { 'content-encoding': 'gzip' }, 400, 'malformed-encoding'],
    [
      'gzip that is cut off',
      gzipSync(linesOf(3).join('\n')).subarray(0, -20),
      { 'content-encoding': 'gzip' },
      400,
      'malformed-encoding',
    ],
    ['a bad key', 'x', { 'idempotency-key': 'a b' }, 422, 'invalid-idempotency-key'],
    ...(
      [
        ['deflate', deflateSync],
        ['br', brotliCompressSync],
      ] as const
    ).map(([encoding, compress]): [string, Buffer, Record<string, string>, number, string] => [
      `what follows the end of ${encoding}`,
      Buffer.concat([linesOf(3), linesOf(3)].map((lines) => compress(`${lines.join('\n')}\n`))),
      { 'content-encoding': encoding },
      400,
      'malformed-encoding',
    ]),
    [
      'a bomb that is no larger than lines may be',
      brotliCompressSync(Buffer.alloc(25_000_000, ' \n')),
      { 'content-encoding': 'br' },
      413,
      'body-too-large',
    ],
    [
      'a bomb',
      gzipSync(Buffer.alloc(40_000_000, '\n')),
      { 'content-encoding': 'gzip' },
      413,
      'body-too-large',
    ],
  ])('%s', async (_, bytes, headers, status, code) => {
    const before = (await entries()).length;
    const answer = await post(bytes, headers);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await entries()).toHaveLength(before);
  });

  it('where the body is too large, before it is sent', async () => {
    const { answer } = begin('', { bytes: 31_000_000 });
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
  }, 30_000);
});

describe('a client that does not send its body to the end', () => {
  it('has its complete batches kept, and nothing else; the log says how many', async () => {
    const before = (await entries()).length;
    const lines = linesOf(15);
    const { socket } = begin(`${lines.join('\n')}\n`, { id: 'gone-1' });
    await expect.poll(async () => (await entries()).length, { timeout: 20_000 }).toBe(before + 1);
    socket.destroy();
    const logged = await vi.waitFor(() => {
      const line = gateway
        .logLines()
        .find((text) => text.includes('gone-1') && text.includes('in the middle'));
      if (line === undefined) throw new Error('not logged yet');
      return JSON.parse(line) as { kept: unknown };
    });
    expect(logged.kept).toEqual({ queued: 10, lines: 10, batches: 1 });
    expect(await entries()).toHaveLength(before + 1);
  });

  it('is told so and cut off when it stops sending, but not while it goes on', async () => {
    const lines = linesOf(40);
    const slow = begin('');
    const stalled = begin(`${lines.slice(0, 12).join('\n')}\n`);
    let sent = 0;
    const sending = setInterval(
      () => slow.socket.write(`${lines[sent++ % 40]}\n${' '.repeat(1_024)}\n`),
      100,
    );
    const answer = await stalled.answer;
    // for longer than a client may be silent
    await expect.poll(() => sent, { timeout: 20_000 }).toBeGreaterThan(20);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"request-timeout"');
    expect(answer).toContain('"lines":10,"batches":1');
    expect(slow.socket.destroyed).toBe(false);
    clearInterval(sending);
    expect(await slow.answer).toMatch(/^HTTP\/1\.1 408 /);
  }, 30_000);
});

it('is answered with 503 when the gateway stops, with what was kept', async () => {
  const before = (await entries()).length;
  const { answer } = begin(`${linesOf(11).join('\n')}\n`);
  await expect.poll(async () => (await entries()).length, { timeout: 20_000 }).toBe(before + 1);
  gateway.stop();
  const text = await answer;
  expect(text).toMatch(/^HTTP\/1\.1 503 /);
  expect(text).toMatch(/retry-after: 1/i);
  expect(text).toContain('"code":"stopping"');
  expect(text).toContain('"lines":10,"batches":1');
});
