import { MAX_RECEIPT_IDS as GATEWAY_LIMIT } from '@oncelog/event-schema';
import { describe, expect, test } from 'vitest';
import { createClient } from './client.ts';
import { PublishRejectedError, RequestRejectedError, RetriesExhaustedError } from './errors.ts';
import { MAX_RECEIPT_IDS } from './reads.ts';
import { recordedTime } from './testing/recorded-time.ts';
import { type Act, answer, garbage, reset, scriptedServer } from './testing/scripted-server.ts';

const receipt = (batch_id: string) => ({
  batch_id,
  received: 3,
  unique_processed: 2,
  duplicate_dropped: 1,
  dead_lettered: 0,
  applied_at: '2026-01-01T00:00:00Z',
});

/** Answers with a receipt for every id that was asked for. */
const receipts: Act = (response, request) => {
  const ids = new URL(request.path, 'http://gateway').searchParams.getAll('batch_id');
  answer(200, ids.map(receipt))(response, request);
};

describe('batches', () => {
  test('asks for at most 100 at a time', async () => {
    await using server = await scriptedServer(receipts);
    const ids = Array.from({ length: 250 }, (_, n) => `batch-${n}`);
    const found = await createClient({ url: server.url }).batches(ids);

    expect(found).toEqual(ids.map(receipt));
    expect(server.requests.map(({ path }) => path.split('batch_id=').length - 1)).toEqual([100, 100, 50]);
  });

  test('asks for nothing where there is nothing to ask for', async () => {
    await using server = await scriptedServer(receipts);

    expect(await createClient({ url: server.url }).batches([])).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });

  test('its limit is the gateway’s', () => {
    expect(MAX_RECEIPT_IDS).toBe(GATEWAY_LIMIT);
  });

  test.each([
    ['a reset connection', reset],
    ['an answer that is no list', answer(200, {})],
    ['a receipt without its figures', answer(200, [{ batch_id: 'batch-1' }])],
    ['a receipt that is none', answer(200, [null])],
  ])('retries %s', async (_name, fault) => {
    await using server = await scriptedServer(fault, receipts);
    const client = createClient({ url: server.url, ...recordedTime().options });

    expect(await client.batches(['batch-1'])).toEqual([receipt('batch-1')]);
  });

  test('a refusal is an error of its own', async () => {
    await using server = await scriptedServer(answer(422, { title: 'Unprocessable Content', status: 422 }));
    const thrown = await createClient({ url: server.url })
      .batches(['?'])
      .catch((reason) => reason);

    expect(thrown).toBeInstanceOf(RequestRejectedError);
    expect(thrown).not.toBeInstanceOf(PublishRejectedError);
    expect(thrown).toMatchObject({ name: 'RequestRejectedError', status: 422 });
  });
});

describe('stats', () => {
  const stats = {
    received: 3,
    unique_processed: 2,
    duplicate_dropped: 1,
    dead_lettered: 0,
    status: 'running',
  };

  test('retries until the answer is one', async () => {
    await using server = await scriptedServer(
      garbage(200, '{"received":3'),
      answer(200, []),
      answer(200, stats),
    );
    const client = createClient({ url: server.url, ...recordedTime().options });

    expect(await client.stats()).toEqual(stats);
  });

  test('gives up by the policy', async () => {
    await using server = await scriptedServer(answer(500, {}));
    const client = createClient({ url: server.url, retry: { maxAttempts: 2 }, ...recordedTime().options });

    await expect(client.stats()).rejects.toThrow(RetriesExhaustedError);
    expect(server.requests).toHaveLength(2);
  });

  test('stops with the signal', async () => {
    const reason = new Error('stopped');
    const client = createClient({ url: 'http://127.0.0.1:1' });

    await expect(client.stats({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('health', () => {
  test.each([
    [200, { status: 'healthy', database: 'connected', redis: 'connected' }],
    [503, { status: 'unhealthy', database: 'error: connection refused', redis: 'connected' }],
  ])('%i is an answer', async (status, body) => {
    await using server = await scriptedServer(answer(status, body));

    expect(await createClient({ url: server.url }).health()).toEqual(body);
    expect(server.requests).toHaveLength(1);
  });

  test('a 503 of something else is not', async () => {
    await using server = await scriptedServer(
      garbage(503, 'no upstream'),
      answer(200, { status: 'healthy' }),
    );
    const client = createClient({ url: server.url, ...recordedTime().options });

    expect(await client.health()).toEqual({ status: 'healthy' });
  });
});
