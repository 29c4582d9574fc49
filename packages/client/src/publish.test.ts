import { describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest';
import { type Client, type ClientOptions, createClient } from './client.ts';
import {
  BufferFullError,
  ClientClosedError,
  DeliveryError,
  EventTooLargeError,
  InvalidEventError,
  PublishRejectedError,
} from './errors.ts';
import { rawJson } from './raw-json.ts';
import { recordedTime } from './testing/recorded-time.ts';
import {
  type Act,
  accept,
  answer,
  garbage,
  hang,
  reset,
  type ScriptedServer,
  scriptedServer,
} from './testing/scripted-server.ts';

const DEFAULTS = { topic: 'orders', source: 'shop' } as const;

function clientOf({ url }: ScriptedServer, options: Partial<ClientOptions> = {}): Client<'topic' | 'source'> {
  return createClient({ url, ...DEFAULTS, ...options, batch: { lingerMs: 5, ...options.batch } });
}

const idsOf = ({ requests }: ScriptedServer): string[][] =>
  requests.map(({ body }) =>
    JSON.parse(String(body)).events.map(({ event_id }: { event_id: string }) => event_id),
  );

const event = (event_id: string, payload: object = {}) => ({ event_id, payload });
const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
const reasonOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(String, (reason) => reason);

/** Refuses batches that hold an event whose payload says `bad`, as the gateway does. */
const strict: Act = (response, request) => {
  const { events } = JSON.parse(String(request.body)) as { events: { payload: { bad?: boolean } }[] };
  const errors = events.flatMap(({ payload }, n) =>
    payload.bad ? [{ pointer: `/events/${n}/payload`, rule: 'bad', detail: 'It is bad.' }] : [],
  );
  if (errors.length === 0) accept(response, request);
  else answer(422, { title: 'Broken', status: 422, detail: 'x', errors })(response, request);
};

describe('batching', () => {
  test('events of many calls go out together, once the first has waited', async () => {
    await using server = await scriptedServer(accept);
    const client = clientOf(server, { batch: { lingerMs: 500 } });
    const published = await Promise.all(range(20).map((n) => client.publish(event(`e${n}`))));

    expect(idsOf(server)).toEqual([range(20).map((n) => `e${n}`)]);
    expect(published).toEqual(range(20).map(() => ({ queued: 1, batchIds: ['batch-1'] })));
  });

  test('or at once, when there are enough of them', async () => {
    await using server = await scriptedServer(accept);
    const client = clientOf(server, { batch: { maxEvents: 3, lingerMs: 60_000 }, maxInFlight: 1 });
    await Promise.all(range(6).map((n) => client.publish(event(`e${n}`))));

    expect(idsOf(server)).toEqual([
      ['e0', 'e1', 'e2'],
      ['e3', 'e4', 'e5'],
    ]);
  });

  test('or enough bytes; an event that is larger than a batch goes alone', async () => {
    await using server = await scriptedServer(accept);
    const client = clientOf(server, { batch: { maxBytes: 500 }, maxInFlight: 1 });
    const large = 'x'.repeat(600);
    await Promise.all([
      client.publish([event('a'), event('b'), event('large', { large }), event('c')]),
      client.publish(event('d')),
    ]);

    expect(idsOf(server)).toEqual([['a', 'b'], ['large'], ['c', 'd']]);
  });

  test('a call that is larger than a batch is cut, and has all of their ids', async () => {
    let batch = 0;
    await using server = await scriptedServer((response, request) => {
      const queued = JSON.parse(String(request.body)).events.length;
      answer(202, { batch_id: `batch-${batch++}`, queued })(response, request);
    });
    const client = clientOf(server, { batch: { maxEvents: 4 }, maxInFlight: 1 });

    expect(await client.publish(range(10).map((n) => event(`e${n}`)))).toEqual({
      queued: 10,
      batchIds: ['batch-0', 'batch-1', 'batch-2'],
    });
  });

  test('no more are on their way than may be, and those of one at a time arrive in order', async () => {
    let inFlight = 0;
    let most = 0;
    const slow: Act = (response, request) => {
      most = Math.max(most, ++inFlight);
      setTimeout(() => {
        inFlight--;
        accept(response, request);
      }, 5);
    };
    await using server = await scriptedServer(slow);
    const options = { batch: { maxEvents: 5 } };
    await Promise.all(
      range(60).map((n) => clientOf(server, { ...options, maxInFlight: 1 }).publish(event(`e${n}`))),
    );
    expect(most).toBeGreaterThan(1);

    most = 0;
    const one = clientOf(server, { ...options, maxInFlight: 1 });
    const before = server.requests.length;
    await Promise.all(range(60).map((n) => one.publish(event(`e${n}`))));
    expect(most).toBe(1);
    expect(idsOf(server).slice(before).flat()).toEqual(range(60).map((n) => `e${n}`));

    most = 0;
    const three = clientOf(server, { ...options, maxInFlight: 3 });
    await Promise.all(range(60).map((n) => three.publish(event(`e${n}`))));
    expect(most).toBe(3);
  });

  test('an event is what it was when it was published', async () => {
    await using server = await scriptedServer(accept);
    const payload = { n: 1 };
    const published = clientOf(server).publish(event('a', payload));
    payload.n = 2;
    await published;

    expect(String(server.requests[0]?.body)).toContain('"payload":{"n":1}');
  });

  test('nothing at all is durable at once', async () => {
    await using server = await scriptedServer(accept);

    expect(await clientOf(server).publish([])).toEqual({ queued: 0, batchIds: [] });
    expect(server.requests).toHaveLength(0);
  });

  test('the key is sent along, and never shown', async () => {
    await using server = await scriptedServer(accept);
    await clientOf(server, { apiKey: 'olk_1_secret' }).publish(event('a'));

    expect(server.requests[0]?.headers['authorization']).toBe('Bearer olk_1_secret');
    expect(() => clientOf(server, { apiKey: 'secret\n' })).toThrow(
      /^the API key must be visible ASCII characters$/,
    );
  });
});

describe('faults that pass', () => {
  test('are retried with the same bytes under the same key, more often than other requests are', async () => {
    const faults = [
      reset,
      garbage(200, '<html>'),
      garbage(202, '{"status":'),
      answer(429, {}),
      answer(503, {}),
    ];
    const often = [...faults, ...faults, ...faults] as [Act, ...Act[]];
    await using server = await scriptedServer(...often, accept);
    const { onRetry, ...time } = recordedTime().options;

    expect(await clientOf(server, time).publish([event('a'), event('b')])).toMatchObject({ queued: 2 });
    expect(server.requests).toHaveLength(16);
    expect(new Set(server.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(new Set(server.requests.map(({ body }) => String(body))).size).toBe(1);
  });

  test('what is made up for an event stays the same', async () => {
    await using server = await scriptedServer(reset, accept);
    await clientOf(server, recordedTime().options).publish({ payload: {} });

    expect(idsOf(server)[0]?.[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(idsOf(server)[1]).toEqual(idsOf(server)[0]);
  });
});

describe('what is at fault rejects alone', () => {
  test('with pointers into its own events', async () => {
    await using server = await scriptedServer(strict);
    const client = clientOf(server);
    const good = range(3).map((n) => client.publish([event(`good-${n}`), event(`too-${n}`)]));
    const bad = client.publish([event('neighbour'), event('bad', { bad: true })]);
    const thrown = await reasonOf(bad);

    expect(thrown).toBeInstanceOf(PublishRejectedError);
    expect(thrown).toMatchObject({ status: 422, queued: 0, batchIds: [] });
    expect((thrown as PublishRejectedError).problem?.errors?.map(({ pointer }) => pointer)).toEqual([
      '/events/1/payload',
    ]);
    await Promise.all(good);
    expect(idsOf(server).map((ids) => ids.length)).toEqual([8, 6]);
    expect(new Set(server.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  });

  test('also where the refusal says not which', async () => {
    const blunt: Act = (response, request) =>
      String(request.body).includes('"bad"')
        ? garbage(413, 'too large')(response, request)
        : accept(response, request);
    await using server = await scriptedServer(blunt);
    const client = clientOf(server);
    const outcomes = await Promise.allSettled(
      range(16).map((n) => client.publish(event(`e${n}`, n === 9 ? { bad: 1 } : {}))),
    );

    expect(outcomes.map(({ status }) => status === 'rejected')).toEqual(range(16).map((n) => n === 9));
    expect(client.buffered()).toEqual({ events: 0, bytes: 0 });
  });

  test('says what of a call that was larger than a batch is stored', async () => {
    await using server = await scriptedServer(strict);
    const client = clientOf(server, { batch: { maxEvents: 2 } });
    const call = range(6).map((n) => event(`e${n}`, { bad: n === 2 || n === 5 }));
    const thrown = await reasonOf(client.publish(call));

    expect(thrown).toMatchObject({ queued: 2, batchIds: ['batch-1'] });
    expect((thrown as PublishRejectedError).problem?.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '/events/2/payload',
      '/events/5/payload',
    ]);
  });

  test('a key that is not good is everybody’s fault', async () => {
    await using server = await scriptedServer(answer(401, { title: 'Who are you?', status: 401 }));
    const client = clientOf(server);
    const outcomes = await Promise.allSettled(range(5).map((n) => client.publish(event(`e${n}`))));

    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  test('a refusal after an attempt without an answer says that this one may have arrived', async () => {
    await using server = await scriptedServer(reset, answer(401, {}));
    const client = clientOf(server, recordedTime().options);

    expect(await reasonOf(client.publish(event('a')))).toMatchObject({
      outcome: 'unknown',
      message: expect.stringMatching(/401 \(an attempt before had no answer, and may have arrived\)$/),
    });
    expect(await reasonOf(client.publish(event('b')))).toMatchObject({ outcome: 'not-stored' });
  });

  test.each([{ field: ['wrong'] }, [null], 'wrong'])(
    'also by somebody who means something else by errors: %j',
    async (errors) => {
      await using server = await scriptedServer(answer(422, { title: 'Invalid', status: 422, errors }));

      expect(await reasonOf(clientOf(server).publish(event('a')))).toMatchObject({
        name: 'PublishRejectedError',
        message: 'POST /publish was rejected with 422: Invalid',
      });
    },
  );

  test('an answer that counts other events is not the answer to these', async () => {
    await using server = await scriptedServer(answer(202, { queued: 2, batch_id: 'other' }), accept);
    const client = clientOf(server, recordedTime().options);

    expect(await client.publish(event('a'))).toEqual({ queued: 1, batchIds: ['batch-1'] });
  });

  test('an event that is none, or too large, is told before anything is sent', async () => {
    await using server = await scriptedServer(accept);
    const client = clientOf(server, { maxEventBytes: 1_000 });

    expect(await reasonOf(client.publish({ payload: [] }))).toBeInstanceOf(InvalidEventError);
    expect(await reasonOf(client.publish([event('a'), event('b', { x: 'ü'.repeat(500) })]))).toMatchObject({
      name: 'EventTooLargeError',
      index: 1,
      maxBytes: 1_000,
    });
    expect(EventTooLargeError.prototype).toBeInstanceOf(InvalidEventError);
    await client.close();
    expect(server.requests).toHaveLength(0);
  });
});

describe('memory is bounded', () => {
  test('a call that does not fit is refused at once, and nothing of it is kept', async () => {
    await using server = await scriptedServer(hang);
    const client = clientOf(server, { buffer: { maxEvents: 10 }, onError: () => {} });
    client.publish(range(8).map((n) => event(`e${n}`)));
    const thrown = await reasonOf(client.publish(range(3).map((n) => event(`more-${n}`))));

    expect(thrown).toBeInstanceOf(BufferFullError);
    expect(thrown).toMatchObject({ events: 3, fits: true });
    expect(client.buffered().events).toBe(8);
    await client.close({ timeoutMs: 1 });
  });

  test('by bytes as well, and one that never fits says so', async () => {
    await using server = await scriptedServer(hang);
    const client = clientOf(server, { buffer: { maxBytes: 1_000 }, onError: () => {} });
    client.publish(event('a', { x: 'x'.repeat(600) }));

    expect(await reasonOf(client.publish(event('b', { x: 'x'.repeat(600) })))).toMatchObject({ fits: true });
    expect(await reasonOf(client.publish(range(20).map((n) => event(`e${n}`))))).toMatchObject({
      fits: false,
    });
    await client.close({ timeoutMs: 1 });
  });

  test('ready resolves when there is room again', async () => {
    let go: (() => void) | undefined;
    await using server = await scriptedServer((response, request) => {
      go = () => accept(response, request);
    });
    const client = clientOf(server, { buffer: { maxEvents: 10 } });
    await client.ready();
    const published = client.publish(range(6).map((n) => event(`e${n}`)));
    let isReady = false;
    const ready = client.ready().then(() => {
      isReady = true;
    });
    await vi.waitFor(() => expect(go).toBeDefined());

    expect(isReady).toBe(false);
    go?.();
    await Promise.all([published, ready]);
    expect(client.buffered()).toEqual({ events: 0, bytes: 0 });
  });

  test('a producer that waits for it never meets a full buffer, and keeps it below its bound', async () => {
    await using server = await scriptedServer(accept);
    const client = clientOf(server, { buffer: { maxEvents: 40 }, batch: { maxEvents: 7 } });
    const published: Promise<unknown>[] = [];
    let most = 0;
    for (const n of range(500)) {
      await client.ready();
      published.push(client.publish(event(`e${n}`)));
      most = Math.max(most, client.buffered().events);
    }
    await Promise.all(published);

    expect(most).toBeLessThanOrEqual(21);
    expect(new Set(idsOf(server).flat()).size).toBe(500);
  });
});

test('many callers that wait for room at once take it in turns', async () => {
  await using server = await scriptedServer(accept);
  const client = clientOf(server, { buffer: { maxEvents: 100 } });
  const outcomes = await Promise.allSettled(
    range(1_000).map(async (n) => {
      await client.ready();
      return client.publish(event(`e${n}`));
    }),
  );

  expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  expect(new Set(idsOf(server).flat()).size).toBe(1_000);
});

describe('giving up', () => {
  test('after the delivery timeout, with the events to publish again', async () => {
    await using server = await scriptedServer(
      hang,
      answer(503, { title: 'Busy', status: 503, detail: 'full' }),
    );
    const client = clientOf(server, { timeoutMs: 20, deliveryTimeoutMs: 200, retry: { capMs: 10 } });
    const thrown = (await reasonOf(client.publish([event('a', { n: 10n }), event('b')]))) as DeliveryError;

    expect(thrown).toBeInstanceOf(DeliveryError);
    expect(thrown).toMatchObject({ outcome: 'unknown', queued: 0 });
    expect(thrown.message).toMatch(/^2 events not delivered within 0.2 s: the answer was 503: full$/);
    expect(thrown.events.map(({ text }) => text)).toEqual([
      expect.stringContaining('"event_id":"a"'),
      expect.stringContaining('"event_id":"b"'),
    ]);
    expect(client.buffered()).toEqual({ events: 0, bytes: 0 });

    await using better = await scriptedServer(accept);
    expect(await clientOf(better).publish(thrown.events)).toMatchObject({ queued: 2 });
    expect(idsOf(better)).toEqual([['a', 'b']]);
    expect(String(better.requests[0]?.body)).toContain('{"n":10}');
  });

  test('after the attempts that were allowed', async () => {
    await using server = await scriptedServer(reset);
    const client = clientOf(server, { ...recordedTime().options, retry: { maxAttempts: 3 } });

    expect(await reasonOf(client.publish(event('a')))).toMatchObject({
      name: 'DeliveryError',
      message: expect.stringMatching(/^1 event not delivered after 3 attempts: /),
    });
    expect(server.requests).toHaveLength(3);
  });

  test('what never left says so', async () => {
    await using server = await scriptedServer(hang);
    const client = clientOf(server, { deliveryTimeoutMs: 100, maxInFlight: 1, batch: { maxEvents: 1 } });
    // those published a millisecond later than the first still have one to be tried in
    const calls = range(500).map((n) => reasonOf(client.publish(event(`e${n}`))));
    const outcomes = (await Promise.all(calls)).map((error) => (error as DeliveryError).outcome);

    expect(new Set(outcomes)).toEqual(new Set(['unknown', 'not-sent']));
    expect(outcomes[0]).toBe('unknown');
    // what was given up on its way may not have come as far as the server
    const unknown = outcomes.filter((outcome) => outcome === 'unknown').length;
    expect(unknown).toBeGreaterThanOrEqual(server.requests.length);
  });

  test('when the caller’s signal aborts: what waits is not sent, what is under way is left alone', async () => {
    let go: (() => void) | undefined;
    await using server = await scriptedServer((response, request) => {
      go = () => accept(response, request);
    }, accept);
    const client = clientOf(server, { maxInFlight: 1 });
    const reason = new Error('enough');
    const [early, late] = [new AbortController(), new AbortController()];
    const sent = reasonOf(client.publish(event('sent'), { signal: early.signal }));
    await vi.waitFor(() => expect(go).toBeDefined());
    const waiting = reasonOf(client.publish(event('waiting'), { signal: late.signal }));
    const kept = client.publish(event('kept'));
    early.abort(reason);
    late.abort(reason);

    expect(await Promise.all([sent, waiting])).toEqual([reason, reason]);
    expect(await reasonOf(client.publish(event('never'), { signal: early.signal }))).toBe(reason);
    go?.();
    await kept;
    expect(idsOf(server)).toEqual([['sent'], ['kept']]);
    expect(client.buffered()).toEqual({ events: 0, bytes: 0 });
  });
});

test('a signal of thousands of calls has one listener, and ends them all', async () => {
  await using server = await scriptedServer(hang);
  const client = clientOf(server, { maxInFlight: 1 });
  const listeners = { added: 0 };
  const controller = new AbortController();
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners.added += 1;
    add(...args);
  };
  const calls = range(5_000).map((n) => reasonOf(client.publish(event(`e${n}`), { signal })));
  const reason = new Error('enough');
  controller.abort(reason);

  expect(new Set(await Promise.all(calls))).toEqual(new Set([reason]));
  expect(listeners.added).toBe(1);
  await client.close({ timeoutMs: 1 });
});

test('what the application’s onRetry throws costs no events', async () => {
  await using server = await scriptedServer(reset, accept);
  const { onRetry: _, ...time } = recordedTime().options;
  const unhandled = takeUnhandledRejections();
  const client = clientOf(server, {
    ...time,
    onRetry: () => {
      throw new Error('of the application');
    },
  });

  expect(await client.publish(event('a'))).toMatchObject({ queued: 1 });
  await vi.waitFor(() => expect(unhandled).toHaveLength(1));
});

/** Instead of those who listen to them otherwise, until the test is over. */
function takeUnhandledRejections(): unknown[] {
  const unhandled: unknown[] = [];
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => unhandled.push(reason));
  onTestFinished(() => {
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
  });
  return unhandled;
}

describe('errors that nobody waits for', () => {
  test('go to onError, once for each call, and are no unhandled rejections', async () => {
    await using server = await scriptedServer(strict);
    const errors: unknown[] = [];
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const client = clientOf(server, { onError: (error) => errors.push(error) });
    client.publish(event('bad', { bad: true }));
    client.publish({ payload: [] });
    await client.flush();
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', listen);

    expect(errors).toHaveLength(2);
    expect(unhandled).toEqual([]);
  });

  test('without it they are, also where somebody waits for flush', async () => {
    await using server = await scriptedServer(strict);
    const unhandled = takeUnhandledRejections();
    const client = clientOf(server);
    void client.publish(event('bad', { bad: true }));
    await client.flush();
    await vi.waitFor(() => expect(unhandled).toHaveLength(1));
    expect(unhandled[0]).toBeInstanceOf(PublishRejectedError);
  });
});

describe('flush and close', () => {
  test('flush does not wait for company', async () => {
    await using server = await scriptedServer(accept);
    const client = clientOf(server, { batch: { lingerMs: 60_000 } });
    const published = client.publish(event('a'));
    await client.flush();

    expect(await published).toMatchObject({ queued: 1 });
    expect(client.buffered().events).toBe(0);
  });

  test('close refuses new events and resolves when all are final', async () => {
    await using server = await scriptedServer(reset, accept);
    const client = clientOf(server, { ...recordedTime().options, batch: { lingerMs: 60_000 } });
    const published = client.publish([event('a'), event('b')]);
    const closed = client.close();

    expect(await reasonOf(client.publish(event('c')))).toBeInstanceOf(ClientClosedError);
    expect(await closed).toEqual({ undelivered: 0 });
    expect(await published).toMatchObject({ queued: 2 });
    expect(client.close()).toBe(closed);
  });

  test('close gives up at its timeout, and says how many', async () => {
    await using server = await scriptedServer(hang);
    const client = clientOf(server, { maxInFlight: 1 });
    const sent = reasonOf(client.publish([event('a'), event('b')]));
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    const waiting = reasonOf(client.publish(event('c')));

    expect(await client.close({ timeoutMs: 20 })).toEqual({ undelivered: 3 });
    expect(await sent).toMatchObject({ name: 'DeliveryError', outcome: 'unknown' });
    expect(await waiting).toMatchObject({
      name: 'DeliveryError',
      message: expect.stringMatching(/^1 event not delivered before the client was closed/),
    });
    await client.ready();
  });
});

test.each([
  [{ batch: { maxEvents: 0 } }, /^batch.maxEvents must be a whole number from 1/],
  [{ batch: { lingerMs: -1 } }, /^batch.lingerMs/],
  [{ buffer: { maxBytes: 1.5 } }, /^buffer.maxBytes/],
  [{ maxInFlight: Number.NaN }, /^maxInFlight/],
  [{ deliveryTimeoutMs: 0 }, /^deliveryTimeoutMs/],
  [{ timeoutMs: 2 ** 31 }, /^timeoutMs/],
  [{ retry: { maxAttempts: 0 } }, /^retry.maxAttempts/],
  [{ retry: { capMs: Number.NaN } }, /^retry.capMs/],
])('a setting that is none is an error: %j', (options, message) => {
  expect(() => createClient({ url: 'http://127.0.0.1', ...options })).toThrow(message);
});

test('what an event may leave out goes by the client', () => {
  const url = 'http://127.0.0.1';
  const plain = createClient({ url });
  const ours = createClient({ url, topic: 'orders', source: 'shop' });
  expectTypeOf(ours.publish).toBeCallableWith({ payload: {} });
  expectTypeOf(ours.publish).toBeCallableWith([rawJson('{}'), { payload: { n: 1n }, timestamp: new Date() }]);
  expectTypeOf(plain.publish).toBeCallableWith({ topic: 'a', source: 'b', payload: {} });
  // @ts-expect-error topic and source are missing
  plain.publish({ payload: {} }).catch(() => {});
  const topical = createClient({ url, topic: 'orders' });
  // @ts-expect-error source is missing
  topical.publish({ payload: {} }).catch(() => {});
});
