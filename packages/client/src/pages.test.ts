import { describe, expect, expectTypeOf, test } from 'vitest';
import type { StoredEvent } from './api-types.ts';
import { createClient } from './client.ts';
import { RequestRejectedError } from './errors.ts';
import { recordedTime } from './testing/recorded-time.ts';
import { type Act, answer, garbage, reset, scriptedServer } from './testing/scripted-server.ts';

async function all<T>(elements: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const element of elements) found.push(element);
  return found;
}

/** A list of 25 numbered elements, paged by `limit` and `cursor`; numbers too large for JavaScript. */
const paged: Act = (response, { path }) => {
  const query = new URL(path, 'http://gateway').searchParams;
  const from = Number(query.get('cursor') ?? 0);
  const to = Math.min(from + Number(query.get('limit')), 25);
  const elements = Array.from({ length: to - from }, (_, i) => `{"n":9007199254740993.${from + i}0}`);
  const link = to < 25 ? { Link: `<${path.split('?')[0]}?limit=3&cursor=${to}>; rel="next"` } : {};
  response.writeHead(200, { 'Content-Type': 'application/json', ...link }).end(`[${elements.join(',')}]`);
};

describe('events', () => {
  test('are read page after page', async () => {
    await using server = await scriptedServer(paged);
    const client = createClient({ url: server.url });

    expect(await all(client.events({ pageSize: 10 }))).toHaveLength(25);
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/events?limit=10',
      '/events?limit=10&cursor=10',
      '/events?limit=10&cursor=20',
    ]);
  });

  test('no more than are wanted, and no page that is not read', async () => {
    await using server = await scriptedServer(paged);
    const client = createClient({ url: server.url });

    expect(await all(client.events({ limit: 12, pageSize: 10 }))).toHaveLength(12);
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/events?limit=10',
      '/events?limit=2&cursor=10',
    ]);
    expect(await all(client.events({ limit: 0 }))).toEqual([]);
    for await (const _event of client.events({ pageSize: 5 })) break;
    expect(server.requests).toHaveLength(3);
  });

  test('raw ones keep every digit', async () => {
    await using server = await scriptedServer(paged);
    const client = createClient({ url: server.url });
    const texts = client.events({ limit: 2 }, { raw: true });
    expectTypeOf(texts).toEqualTypeOf<AsyncGenerator<string, void, undefined>>();
    expectTypeOf(client.events()).toEqualTypeOf<AsyncGenerator<StoredEvent, void, undefined>>();

    expect(await all(texts)).toEqual(['{"n":9007199254740993.00}', '{"n":9007199254740993.10}']);
  });

  test('every filter is sent as the gateway takes it', async () => {
    await using server = await scriptedServer(answer(200, []));
    const client = createClient({ url: server.url, apiKey: 'key' });
    await all(
      client.events({
        topic: ['a b', 'c'],
        source: 's',
        event_id: 'e',
        contains: { n: 9007199254740993n },
        since: new Date(0),
        until: '2026-01-01T00:00:00+01:00',
      }),
    );
    const query = new URL(server.requests[0]?.path ?? '', 'http://gateway').searchParams;

    expect(query.getAll('topic')).toEqual(['a b', 'c']);
    expect(Object.fromEntries(query)).toMatchObject({
      source: 's',
      event_id: 'e',
      contains: '{"n":9007199254740993}',
      since: '1970-01-01T00:00:00.000Z',
      until: '2026-01-01T00:00:00+01:00',
      limit: '100',
    });
    expect(server.requests[0]?.headers['authorization']).toBe('Bearer key');
  });

  test('a page that is none is asked for again, and one that is refused is an error', async () => {
    await using server = await scriptedServer(
      reset,
      answer(200, {}),
      answer(200, [1]),
      garbage(200, '[{'),
      paged,
    );
    const client = createClient({ url: server.url, ...recordedTime().options });
    expect(await all(client.events({ limit: 1 }))).toHaveLength(1);

    await using other = await scriptedServer(answer(422, { title: 'No', status: 422 }));
    await expect(all(createClient({ url: other.url }).events())).rejects.toThrow(RequestRejectedError);
  });
});

describe('dead letters', () => {
  test('are read like events', async () => {
    await using server = await scriptedServer(paged);
    const client = createClient({ url: server.url });

    expect(await all(client.deadLetters({ state: 'open', code: '22P02', limit: 3 }))).toHaveLength(3);
    expect(server.requests[0]?.path).toBe('/dead-letters?state=open&code=22P02&limit=3');
  });

  test('one is read, replayed and deleted by its id', async () => {
    await using server = await scriptedServer(
      answer(200, { id: '7', original: '{}' }),
      answer(202, { id: '7', replay_batch_id: 'b' }),
      garbage(204, ''),
    );
    const client = createClient({ url: server.url, apiKey: 'key' });

    expect(await client.deadLetter('7')).toMatchObject({ original: '{}' });
    expect(await client.replayDeadLetter('7')).toMatchObject({ replay_batch_id: 'b' });
    expect(await client.deleteDeadLetter('7')).toBeUndefined();
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /dead-letters/7',
      'POST /dead-letters/7/replay',
      'DELETE /dead-letters/7',
    ]);
    expect(server.requests.every(({ headers }) => headers['authorization'] === 'Bearer key')).toBe(true);
  });

  test('one that is gone after an answer that was lost has been deleted; one that never was has not', async () => {
    const missing = answer(404, { title: 'None', status: 404 });
    await using server = await scriptedServer(reset, missing);
    const client = createClient({ url: server.url, ...recordedTime().options });

    await client.deleteDeadLetter('7');
    await expect(client.deleteDeadLetter('7')).rejects.toThrow(
      /DELETE \/dead-letters\/7 was rejected with 404/,
    );
  });

  test('many are replayed and deleted, a call at a time', async () => {
    await using server = await scriptedServer(
      answer(200, { replayed: 2, refused: 1, remaining: 4, cursor: 'c' }),
      answer(200, { deleted: 3, remaining: 0 }),
    );
    const client = createClient({ url: server.url });

    expect(await client.replayDeadLetters({ all: true, limit: 3 })).toEqual({
      replayed: 2,
      refused: 1,
      remaining: 4,
      cursor: 'c',
    });
    expect(String(server.requests[0]?.body)).toBe('{"all":true,"limit":3}');
    expect(await client.deleteDeadLetters({ state: 'replayed', all: true })).toEqual({
      deleted: 3,
      remaining: 0,
    });
    expect(server.requests[1]?.path).toBe('/dead-letters?state=replayed&all=true');
  });
});

describe('audit and consumers', () => {
  test('are read', async () => {
    const audit = { consistent: true, checks: [] };
    await using server = await scriptedServer(
      answer(200, audit),
      answer(200, audit),
      answer(200, [{ name: 'a' }]),
    );
    const client = createClient({ url: server.url });

    expect(await client.audit()).toEqual(audit);
    expect(await client.audit({ full: true })).toEqual(audit);
    expect(await client.consumers()).toEqual([{ name: 'a' }]);
    expect(server.requests.map(({ path }) => path)).toEqual(['/audit', '/audit?full=true', '/consumers']);
  });

  test('a request may have more time than others', async () => {
    await using server = await scriptedServer((response, request) => {
      setTimeout(() => answer(200, [])(response, request), 60);
    });
    const client = createClient({ url: server.url, timeoutMs: 5, retry: { maxAttempts: 1 } });

    expect(await client.consumers({ timeoutMs: 10_000 })).toEqual([]);
    await expect(client.consumers()).rejects.toThrow(/timeout/);
  });
});
