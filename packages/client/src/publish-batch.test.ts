import { describe, expect, test } from 'vitest';
import type { Event } from './api-types.ts';
import { createClient } from './client.ts';
import {
  InvalidEventError,
  PublishRejectedError,
  RetriesExhaustedError,
  UnusableAnswerError,
} from './errors.ts';
import { NOW, recordedTime } from './testing/recorded-time.ts';
import { accept, answer, cutOff, garbage, hang, reset, scriptedServer } from './testing/scripted-server.ts';

const events: Event[] = [
  {
    topic: 'orders.created',
    event_id: 'e-1',
    timestamp: '2026-01-01T00:00:00Z',
    source: 'shop',
    payload: { note: 'größer 🚚', total: 12.5 },
  },
];

test('sends the batch as JSON and tells what became of it', async () => {
  await using server = await scriptedServer(accept);
  const published = await createClient({ url: server.url }).publishBatch(events, { idempotencyKey: 'key-1' });

  expect(published).toEqual({ batchId: 'batch-1', queued: 1, attempts: 1 });
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]).toMatchObject({
    method: 'POST',
    path: '/publish',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'key-1' },
  });
  expect(JSON.parse(String(server.requests[0]?.body))).toEqual({ events });
});

test('sends the place in a trace along, at every attempt, where there is one', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await using server = await scriptedServer(reset, accept);
  const client = createClient({ url: server.url, ...recordedTime().options });
  await client.publishBatch(events, { traceparent });
  await client.publishBatch(events);

  const sent = server.requests.map(({ headers }) => headers['traceparent']);
  expect(sent).toEqual([traceparent, traceparent, undefined]);
});

test('an event that is none is refused before anything is sent', async () => {
  await using server = await scriptedServer(accept);
  const client = createClient({ url: server.url, topic: 'orders', source: 'shop' });
  const thrown = await client.publishBatch([{ payload: {} }, { payload: [] }]).catch((reason) => reason);

  expect(thrown).toBeInstanceOf(InvalidEventError);
  expect(thrown).toMatchObject({ index: 1, pointer: '/events/1/payload' });
  expect(server.requests).toHaveLength(0);
});

test('makes a key of its own for each call', async () => {
  await using server = await scriptedServer(accept);
  const client = createClient({ url: server.url });
  await client.publishBatch(events);
  await client.publishBatch(events);

  const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(2);
  expect(keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
});

describe('a fault that may pass is retried with the same bytes and the same key', () => {
  test.each([
    ['408', answer(408, {})],
    ['425', answer(425, {})],
    ['429', answer(429, {})],
    ['500', answer(500, {})],
    ['503 with text', garbage(503, '<html>busy</html>')],
    ['a reset connection', reset],
    ['an answer that is cut off', cutOff(202)],
    ['a refusal that is cut off', cutOff(422)],
    ['a truncated 202', garbage(202, '{"status":"accepted","que')],
    ['a 200 of something else', garbage(200, '<html>Please log in</html>')],
    ['a 202 that lacks the batch id', answer(202, { status: 'accepted', queued: 1 })],
    ['a 202 that is no object', answer(202, null)],
  ])('%s', async (_name, fault) => {
    await using server = await scriptedServer(fault, fault, accept);
    const time = recordedTime();
    const published = await createClient({ url: server.url, ...time.options }).publishBatch(events);

    expect(published).toEqual({ batchId: 'batch-1', queued: 1, attempts: 3 });
    expect(time.waits).toEqual([50, 100]);
    const [first, ...others] = server.requests;
    expect(others).toHaveLength(2);
    for (const other of others) {
      expect(other.body.equals(first?.body as Buffer)).toBe(true);
      expect(other.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    }
  });

  test('a server that hangs, after the timeout', async () => {
    await using server = await scriptedServer(hang, accept);
    const time = recordedTime();
    const client = createClient({ url: server.url, timeoutMs: 50, ...time.options });

    expect(await client.publishBatch(events)).toMatchObject({ attempts: 2 });
    expect(time.notices[0]?.cause.message).toMatch(/timeout/);
  });

  test('a server that hangs in the middle of its answer', async () => {
    await using server = await scriptedServer((response) => {
      response.writeHead(202, { 'Content-Length': '1000' }).write('{"status":');
    }, accept);
    const client = createClient({ url: server.url, timeoutMs: 50, ...recordedTime().options });

    expect(await client.publishBatch(events)).toMatchObject({ attempts: 2 });
  });
});

describe('Retry-After is the least that is waited', () => {
  test.each([
    ['seconds', '7', 7_000],
    ['a date', new Date(NOW + 3_000).toUTCString(), 3_000],
    ['a date that has passed', new Date(NOW - 3_000).toUTCString(), 0],
    ['more than the limit', '86400', 60_000],
    ['nonsense', 'soon', 0],
  ])('%s', async (_name, header, leastMs) => {
    await using server = await scriptedServer(answer(503, {}, { 'Retry-After': header }), accept);
    const time = recordedTime();
    await createClient({ url: server.url, ...time.options }).publishBatch(events);

    expect(time.waits).toEqual([leastMs + 50]);
  });
});

describe('a batch that is at fault is not sent again', () => {
  const problem = {
    type: 'about:blank',
    title: 'Unprocessable Content',
    status: 422,
    detail: 'The request breaks the schema.',
    request_id: 'r-1',
    code: 'invalid_events',
    errors: [{ pointer: '/events/0/timestamp', rule: 'timestamp', detail: 'is not a calendar date' }],
  };

  test('the error carries the problem document', async () => {
    await using server = await scriptedServer(answer(422, problem));
    const error = await createClient({ url: server.url }).publishBatch(events).catch(String);
    const thrown = await createClient({ url: server.url })
      .publishBatch(events)
      .catch((reason) => reason);

    expect(server.requests).toHaveLength(2);
    expect(error).toMatch(/POST \/publish was rejected with 422.*\/events\/0\/timestamp/);
    expect(thrown).toBeInstanceOf(PublishRejectedError);
    expect(thrown).toMatchObject({ name: 'PublishRejectedError', status: 422, problem });
  });

  test.each([
    ['a 404 of a proxy', garbage(404, 'not here')],
    ['a JSON error of something else', answer(403, { error: 'forbidden' })],
    ['a redirect, which would turn the POST into a GET', answer(302, {}, { Location: '/elsewhere' })],
  ])('%s', async (_name, act) => {
    await using server = await scriptedServer(act);
    const thrown = await createClient({ url: server.url })
      .publishBatch(events)
      .catch((reason) => reason);

    expect(thrown).toBeInstanceOf(PublishRejectedError);
    expect(thrown.problem).toBeUndefined();
    expect(server.requests).toHaveLength(1);
  });

  test('a key that cannot be sent is the caller’s mistake, not a network error', async () => {
    await using server = await scriptedServer(accept);
    const client = createClient({ url: server.url });

    await expect(client.publishBatch(events, { idempotencyKey: 'a\nb' })).rejects.toThrow(TypeError);
    expect(server.requests).toHaveLength(0);
  });
});

describe('giving up', () => {
  test('after the last attempt, with its cause', async () => {
    await using server = await scriptedServer(
      reset,
      answer(503, { title: 'Busy', status: 503, detail: 'full' }),
    );
    const time = recordedTime();
    const client = createClient({ url: server.url, retry: { maxAttempts: 3 }, ...time.options });
    const thrown = await client.publishBatch(events).catch((reason) => reason);

    expect(thrown).toBeInstanceOf(RetriesExhaustedError);
    expect(thrown).toMatchObject({ name: 'RetriesExhaustedError', attempts: 3 });
    expect(thrown.message).toBe('POST /publish failed 3 times: the answer was 503: full');
    expect(thrown.cause).toBeInstanceOf(UnusableAnswerError);
    expect(thrown.cause).toMatchObject({ status: 503 });
    expect(time.waits).toHaveLength(2);
    expect(time.notices.map(({ request, attempt }) => [request, attempt])).toEqual([
      ['POST /publish', 1],
      ['POST /publish', 2],
    ]);
  });

  test('ten attempts by default, with the ceiling doubling up to the cap', async () => {
    await using server = await scriptedServer(answer(500, {}));
    const time = recordedTime();
    await createClient({ url: server.url, ...time.options })
      .publishBatch(events)
      .catch(() => undefined);

    expect(server.requests).toHaveLength(10);
    expect(time.waits).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  test('the reason of a signal that has aborted already, without sending anything', async () => {
    await using server = await scriptedServer(accept);
    const reason = new Error('stopped');

    await expect(
      createClient({ url: server.url }).publishBatch(events, { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    expect(server.requests).toHaveLength(0);
  });

  test('the reason of a signal that aborts during an attempt', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    await using server = await scriptedServer(() => controller.abort(reason));
    const client = createClient({ url: server.url });

    await expect(client.publishBatch(events, { signal: controller.signal })).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  test('an abort during the last attempt is an abort, not an exhausted policy', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    await using server = await scriptedServer(() => controller.abort(reason));
    const client = createClient({ url: server.url, retry: { maxAttempts: 1 } });

    await expect(client.publishBatch(events, { signal: controller.signal })).rejects.toBe(reason);
  });

  test('the reason of a signal that aborts during a wait, however patient the policy', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    await using server = await scriptedServer(answer(503, {}, { 'Retry-After': '60' }));
    const client = createClient({
      url: server.url,
      retry: { maxAttempts: Number.POSITIVE_INFINITY },
      onRetry: () => setImmediate(() => controller.abort(reason)),
    });

    await expect(client.publishBatch(events, { signal: controller.signal })).rejects.toBe(reason);
  });
});
