import { describe, expect, expectTypeOf, test } from 'vitest';
import type { StoredEvent } from './api-types.ts';
import { createClient } from './client.ts';
import { RequestRejectedError } from './errors.ts';
import type { TailMessage } from './tail.ts';
import { recordedTime } from './testing/recorded-time.ts';
import { type Act, answer, garbage, reset, scriptedServer } from './testing/scripted-server.ts';

/** Answers with messages and then does what `then` says. */
function stream(text: string, end: 'end' | 'reset' | 'stay' = 'end'): Act {
  return (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    response.write(text, () => {
      if (end === 'end') response.end();
      if (end === 'reset') response.socket?.resetAndDestroy();
    });
  };
}

const one = 'retry: 50\n\nid: 0.0\n\nid: 0.1\ndata: {"n":9007199254740993}\n\n';
const two =
  'id: 0.2\ndata: {"n":2}\n\nevent: dropped\nid: 0.3\ndata: {"events":null,"reason":"retention"}\n\n';

async function take<T>(messages: AsyncIterable<T>, count: number): Promise<T[]> {
  const found: T[] = [];
  for await (const message of messages) if (found.push(message) === count) break;
  return found;
}

describe('tail', () => {
  test('goes on where it was when a connection ends, breaks, or is refused for now', async () => {
    await using server = await scriptedServer(
      reset,
      stream(one),
      stream(two, 'reset'),
      garbage(200, '<html>'),
      answer(503, {}, { 'Retry-After': '3' }),
      stream('id: 0.4\ndata: {"n":4}\n\n', 'stay'),
    );
    const time = recordedTime();
    const client = createClient({ url: server.url, apiKey: 'key', ...time.options });
    const messages = await take(client.tail({ topic: 'a', contains: { x: 1 } }), 4);

    expect(messages.map(({ type, id }) => `${type} ${id}`)).toEqual([
      'event 0.1',
      'event 0.2',
      'dropped 0.3',
      'event 0.4',
    ]);
    expect(messages[2]).toEqual({ type: 'dropped', id: '0.3', events: null, reason: 'retention' });
    expect(server.requests.map(({ headers }) => headers['last-event-id'])).toEqual([
      undefined,
      undefined,
      '0.1',
      '0.3',
      '0.3',
      '0.3',
    ]);
    expect(server.requests.every(({ path }) => path === '/tail?topic=a&contains=%7B%22x%22%3A1%7D')).toBe(
      true,
    );
    expect(server.requests.every(({ headers }) => headers['authorization'] === 'Bearer key')).toBe(true);
    // 1 s until the server says 50 ms; on top of what a Retry-After asks for
    expect(time.waits).toEqual([500, 25, 25, 50, 3_100]);
  });

  test('can begin at a place, and give texts', async () => {
    await using server = await scriptedServer(stream(one, 'stay'));
    const client = createClient({ url: server.url });
    const raw = client.tail({}, { raw: true, lastEventId: '0.0' });
    expectTypeOf(raw).toEqualTypeOf<AsyncGenerator<TailMessage<string>, void, undefined>>();
    expectTypeOf(client.tail()).toEqualTypeOf<AsyncGenerator<TailMessage<StoredEvent>, void, undefined>>();

    expect(await take(raw, 1)).toEqual([{ type: 'event', id: '0.1', event: '{"n":9007199254740993}' }]);
    expect(server.requests[0]?.headers['last-event-id']).toBe('0.0');
  });

  test('ends with an error where the request is at fault', async () => {
    await using server = await scriptedServer(answer(422, { title: 'No such place', status: 422 }));
    const client = createClient({ url: server.url });

    await expect(take(client.tail({}, { lastEventId: 'x' }), 1)).rejects.toThrow(RequestRejectedError);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['while it reads', stream('', 'stay')],
    ['while it waits for an answer', () => undefined],
  ])('ends with the reason of its signal, %s', async (_name, act) => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    await using server = await scriptedServer((response, request) => {
      (act as Act)(response, request);
      setTimeout(() => controller.abort(reason), 10);
    });
    const client = createClient({ url: server.url });

    await expect(take(client.tail({}, { signal: controller.signal }), 1)).rejects.toBe(reason);
  });

  test('a message that is no JSON is a broken connection', async () => {
    await using server = await scriptedServer(
      stream('id: 0.1\ndata: {"n":\n\n', 'stay'),
      stream(one, 'stay'),
    );
    const client = createClient({ url: server.url, ...recordedTime().options });

    expect(await take(client.tail(), 1)).toMatchObject([{ id: '0.1' }]);
    expect(server.requests[1]?.headers['last-event-id']).toBeUndefined();
  });
});

test('live gives a status each second', async () => {
  await using server = await scriptedServer(stream('event: status\ndata: {"version":"1"}\n\n'));
  const client = createClient({ url: server.url, ...recordedTime().options });

  expect(await take(client.live(), 2)).toEqual([{ version: '1' }, { version: '1' }]);
  expect(server.requests.map(({ path }) => path)).toEqual(['/live', '/live']);
});
