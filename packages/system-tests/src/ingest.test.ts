import { randomUUID } from 'node:crypto';
import type { ProblemDetails, PublishLinesResponse, StoredEvent } from '@oncelog/event-schema';
import { CloudEvent, type CloudEventV1, emitterFor, HTTP, type Message, Mode } from 'cloudevents';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { streamed } from './testing/streamed.ts';
import { event, openSystem, range, type System } from './testing/system.ts';

let system: System;
beforeAll(async () => {
  system = await openSystem({ consumers: 2 });
});
afterAll(() => system.close());

let topic: string;
let before: Awaited<ReturnType<System['settled']>>;
beforeEach(async () => {
  topic = randomUUID();
  before = await system.settled();
});

/** What a test has added to the figures, when all is applied. */
async function added() {
  const { accepted, received, unique_processed, duplicate_dropped } = await system.settled();
  return {
    accepted: accepted - before.accepted,
    received: received - before.received,
    unique: unique_processed - before.unique_processed,
    duplicates: duplicate_dropped - before.duplicate_dropped,
  };
}

const found = (): Promise<StoredEvent[]> => system.events(`?topic=${topic}&limit=1000`);

describe('CloudEvents, sent with their own SDK', () => {
  const newEvent = (fields: Partial<CloudEventV1<unknown>> = {}) =>
    new CloudEvent({
      type: topic,
      source: 'https://shop.example/orders',
      data: { total: 12.5, items: ['a', 'ü'] },
      ...fields,
    });

  const post = async ({ headers, body }: Message): Promise<number> => {
    const response = await system.request('POST', '/publish', {
      headers: headers as Record<string, string>,
      body: body as string,
    });
    return response.status;
  };

  /** As the JSON format has it. */
  const inJson = (cloudEvent: CloudEvent<unknown>) => JSON.parse(JSON.stringify(cloudEvent)) as unknown;

  const send: Record<string, (events: CloudEvent<unknown>[]) => Promise<unknown[]>> = {
    binary: (events) => Promise.all(events.map((one) => emitterFor(post, { mode: Mode.BINARY })(one))),
    structured: (events) =>
      Promise.all(events.map((one) => emitterFor(post, { mode: Mode.STRUCTURED })(one))),
    // the SDK reads batches, but has nothing that writes them
    batch: async (events) => [
      await post({
        headers: { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' },
        body: `[${events.map((one) => HTTP.structured(one).body as string).join(',')}]`,
      }),
    ],
  };

  it.each(Object.keys(send))(
    'in %s mode are stored, found whole, and the same ones again are duplicates',
    async (mode) => {
      const events = [newEvent(), newEvent({ subject: 'order 7', ext: 'x' })];
      const publish = send[mode] as (typeof send)[string];
      expect(new Set(await publish(events))).toEqual(new Set([202]));
      expect(new Set(await publish(events))).toEqual(new Set([202]));
      expect(await added()).toEqual({ accepted: 4, received: 4, unique: 2, duplicates: 2 });
      const stored = await found();
      for (const one of events) {
        const row = stored.find(({ event_id }) => event_id === `${one.source} ${one.id}`);
        expect(row?.source).toBe(one.source);
        expect(Date.parse(row?.timestamp ?? '')).toBe(Date.parse(one.time ?? ''));
        expect(row?.payload).toMatchObject(inJson(one) as object);
      }
    },
  );

  it('are the same event in each mode', async () => {
    const one = newEvent();
    for (const publish of Object.values(send)) await publish([one]);
    expect(await added()).toMatchObject({ received: 3, unique: 1, duplicates: 2 });
  });

  it('have bytes and text as data', async () => {
    const bytes = newEvent({
      datacontenttype: 'application/octet-stream',
      data: Uint8Array.from([1, 2, 255]),
    });
    const text = newEvent({ datacontenttype: 'text/plain', data: 'Grüße' });
    await send['binary']?.([bytes, text]);
    await added();
    const stored = await found();
    const payloadOf = ({ id }: CloudEvent<unknown>) =>
      stored.find(({ event_id }) => event_id.endsWith(` ${id}`))?.payload;
    expect(payloadOf(bytes)).toMatchObject({ data_base64: 'AQL/' });
    expect(payloadOf(text)).toMatchObject({ data: 'Grüße' });
  });

  it('that they refuse themselves are refused', async () => {
    const { headers, body } = HTTP.structured(newEvent());
    const { source: _, ...half } = JSON.parse(body as string) as Record<string, unknown>;
    expect(await post({ headers, body: JSON.stringify(half) })).toBe(422);
  });
});

describe('lines, when something dies in the middle', () => {
  const LINES = 12_000;
  /** 20 % of them are duplicates. */
  const UNIQUE = 10_000;
  let lines: string[];
  beforeEach(() => {
    lines = range(LINES).map((i) => `${JSON.stringify(event({ topic, event_id: String(i % UNIQUE) }))}\n`);
  });
  afterEach(() => system.settled());

  const post = (init: RequestInit, headers: Record<string, string> = {}) =>
    system.request('POST', '/publish', {
      ...init,
      headers: { 'content-type': 'application/x-ndjson', ...headers },
    });

  /** Half of the lines, then what `then` does when some are kept, then the rest. */
  async function* interrupted(then: () => Promise<unknown>) {
    yield Buffer.from(lines.slice(0, 5_500).join(''));
    await expect
      .poll(async () => (await system.stats()).accepted - before.accepted, { timeout: 20_000 })
      .toBe(5_000);
    await then();
    yield Buffer.from(lines.slice(5_500).join(''));
  }

  /** As a client does that tries until it has its answer. */
  const untilAccepted = (body: string, headers: Record<string, string> = {}) =>
    vi.waitFor(
      async () => {
        const response = await post({ body }, headers);
        if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
      },
      { timeout: 30_000, interval: 200 },
    );

  it('the gateway: the same file under the same key counts once', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const pid = system.pidOf('gateway');
    const upload = post(streamed(interrupted(async () => system.stack.kill('gateway', 'SIGKILL'))), key);
    await expect(upload).rejects.toThrow();
    await expect.poll(() => system.pidOf('gateway'), { timeout: 20_000 }).not.toBe(pid);
    await untilAccepted(lines.join(''), key);
    expect(await added()).toEqual({
      accepted: LINES,
      received: LINES,
      unique: UNIQUE,
      duplicates: LINES - UNIQUE,
    });
  });

  it('the gateway: without a key each event is stored once all the same', async () => {
    const pid = system.pidOf('gateway');
    const upload = post(streamed(interrupted(async () => system.stack.kill('gateway', 'SIGKILL'))));
    await expect(upload).rejects.toThrow();
    await expect.poll(() => system.pidOf('gateway'), { timeout: 20_000 }).not.toBe(pid);
    await untilAccepted(lines.join(''));
    expect(await added()).toMatchObject({ received: LINES + 5_000, unique: UNIQUE });
  });

  it('Redis: the answer says what was kept, and what is sent behind it makes it whole', async () => {
    const response = await post(streamed(interrupted(() => system.stack.stopProcess('redis'))));
    const { code, kept } = (await response.json()) as ProblemDetails;
    await system.stack.startProcess('redis');
    expect([response.status, code]).toEqual([503, 'stream-unavailable']);
    expect(kept).toMatchObject({ queued: 5_000, lines: 5_000, batches: 5 });
    await untilAccepted(lines.slice(5_000).join(''));
    expect(await added()).toMatchObject({ unique: UNIQUE });
  });
});

it('takes more lines than a request may have events, and each batch has a receipt', async () => {
  const body = range(2_500).map((i) => JSON.stringify(event({ topic, event_id: String(i) })));
  const response = await system.request('POST', '/publish', {
    headers: { 'content-type': 'application/x-ndjson' },
    body: body.join('\n'),
  });
  const { queued, batches, batch_ids } = (await response.json()) as PublishLinesResponse;
  expect([response.status, queued, batches]).toEqual([202, 2_500, 3]);
  expect(await added()).toMatchObject({ received: 2_500, unique: 2_500 });
  const search = batch_ids.map((id) => `batch_id=${id}`).join('&');
  const receipts = (await (await system.get(`/batches?${search}`)).json()) as { received: number }[];
  expect(receipts.map(({ received }) => received).sort()).toEqual([1_000, 1_000, 500]);
});
