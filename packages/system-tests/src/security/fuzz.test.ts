import { isUtf8 } from 'node:buffer';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import {
  type Event,
  type ProblemDetails,
  type PublishResponse,
  parsePublishRequest,
  type Violation,
} from '@oncelog/event-schema';
import { openSse } from '@oncelog/local-stack/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { event } from '../testing/system.ts';
import { fuzzedBody } from './fuzzed-bodies.ts';
import { type GuardedSystem, openGuardedSystem } from './guarded-system.ts';
import { seedOf } from './seed.ts';

// What the gateway accepts Postgres stores, with the same meaning; what it refuses is named, and not refused without need.

let system: GuardedSystem;
beforeAll(async () => {
  system = await openGuardedSystem();
});
afterAll(() => system?.close());

const BODIES = 2_000;
const OTHERS = 250;
const seed = seedOf('TEST_FUZZ_SEED');

/** Rules that say what `jsonb` cannot hold. The others are ours. */
const OF_POSTGRES = new Set(['nul-character', 'lone-surrogate', 'number-range']);
/** What each refusal has been for, and that none is without a reason. */
const seen = new Map<string, number>();
const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);

async function isJsonb(text: string): Promise<boolean> {
  const [found] = await system.sql<{ valid: boolean }[]>`SELECT pg_input_is_valid(${text}, 'jsonb') AS valid`;
  return found?.valid === true;
}

async function expectRefused(body: Buffer, response: Response): Promise<void> {
  const { code, detail, errors = [] } = (await response.json()) as ProblemDetails;
  count(code);
  expect(detail).not.toBe('');
  if (code === 'malformed-json') {
    expect(response.status).toBe(400);
    // a NUL cannot even be sent to Postgres
    if (isUtf8(body) && !body.includes(0)) expect(await isJsonb(body.toString())).toBe(false);
    return;
  }
  expect({ status: response.status, code }).toEqual({ status: 422, code: 'invalid-batch' });
  expect(errors.length).toBeGreaterThan(0);
  for (const { pointer, rule, detail: why } of errors) {
    count(rule);
    expect(pointer).toMatch(/^(\/[^/]*)*$/);
    expect(why).not.toBe('');
  }
  if (errors.some(({ rule }: Violation) => OF_POSTGRES.has(rule)))
    expect(await isJsonb(body.toString())).toBe(false);
}

describe('POST /publish, whatever comes', () => {
  /** The first event of each key, which is the one that is stored. */
  const kept = new Map<string, Event>();
  let accepted = 0;

  it('is answered as the parser says', async () => {
    await fc.assert(
      fc.asyncProperty(fuzzedBody, async (body) => {
        const parsed = parsePublishRequest(body, { maxEvents: 1_000 });
        const response = await system.request('POST', '/publish', {
          headers: { 'content-type': 'application/json' },
          body: new Uint8Array(body),
        });
        if (parsed.outcome !== 'valid') return expectRefused(body, response);
        count('valid');
        expect(response.status).toBe(202);
        const { events } = parsed.request;
        expect((await response.json()) as PublishResponse).toMatchObject({ queued: events.length });
        accepted += events.length;
        for (const event of events) {
          const key = JSON.stringify([event.topic, event.event_id]);
          if (!kept.has(key)) kept.set(key, event);
        }
      }),
      { seed, numRuns: BODIES },
    );
  }, 240_000);

  it('is stored as it was meant, and nothing becomes a dead letter', async () => {
    const stats = await system.unharmed();
    expect(stats).toMatchObject({ received: accepted, unique_processed: kept.size, dead_lettered: 0 });
    const rows = await system.sql<Record<'topic' | 'event_id' | 'source' | 'payload' | 'seconds', string>[]>`
      SELECT topic, event_id, source, payload::text, extract(epoch FROM "timestamp")::text AS seconds FROM processed_events`;
    const wrong = rows.filter(({ topic, event_id, source, payload, seconds }) => {
      const event = kept.get(JSON.stringify([topic, event_id]));
      const isSame =
        event !== undefined &&
        event.source === source &&
        inOrder(event.payload) === inOrder(JSON.parse(payload)) &&
        Math.abs(Date.parse(withoutLeapSecond(event.timestamp)) / 1_000 - Number(seconds)) <= 1.001;
      return !isSame;
    });
    expect(wrong).toEqual([]);
  });

  it('came in every kind, so that the run means something', () => {
    process.stderr.write(`${JSON.stringify(Object.fromEntries(seen))}\n`);
    const kinds = [
      'valid',
      'malformed-json',
      'type',
      'required',
      'min-length',
      'max-length',
      'timestamp',
      'max-depth',
      'nul-character',
      'lone-surrogate',
      'number-range',
    ];
    expect(kinds.filter((kind) => (seen.get(kind) ?? 0) < 5)).toEqual([]);
  });
});

/** As JSON, with the keys of every object in order. `-0` is 0, as in Postgres; what is too large for a double is null. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Date knows no second 60, and no small letters. */
function withoutLeapSecond(timestamp: string): string {
  return timestamp.toUpperCase().replace(/:60(?=[.Z+-])/, ':59');
}

describe('what else is parsed', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json({ maxDepth: 3 }),
    fuzzedBody.map((body) => body.toString().slice(0, 2_000)),
  );

  it.each(['contains', 'cursor', 'since', 'topic', 'limit'])(
    'GET /events?%s= is served or refused',
    async (name) => {
      await expectServed(anyText, (text) =>
        system.get(`/events?${new URLSearchParams({ [name]: text.toWellFormed() })}`),
      );
    },
    120_000,
  );

  it('a cursor that is nearly right is served or refused', async () => {
    const link = (await system.get('/events?limit=1')).headers.get('link') ?? '';
    const cursor = /cursor=([^&>]+)/.exec(link)?.[1] ?? '';
    const place = Buffer.from(cursor, 'base64url').toString();
    expect(place).toMatch(/^s\d+t/);
    await expectServed(nearly(place), (text) =>
      system.get(`/events?limit=1&cursor=${Buffer.from(text).toString('base64url')}`),
    );
  }, 120_000);

  it('a Last-Event-ID that is nearly right is served or refused', async () => {
    const sse = await openSse(`${system.stack.url}/tail`);
    await system.publish(event());
    const id = await vi.waitFor(() => sse.messages[0]?.id ?? Promise.reject(new Error('no message')), 30_000);
    sse.close();
    expect(id).toMatch(/^[0-9a-f]{8}\./);
    await expectServed(nearly(id), (text) =>
      system.request('GET', '/tail', { headers: { 'last-event-id': text } }),
    );
  }, 120_000);

  it('a filter of a replay is served or refused', async () => {
    await expectServed(anyText, (body) =>
      system.request('POST', '/dead-letters/replay', {
        headers: { 'content-type': 'application/json' },
        body,
      }),
    );
  }, 120_000);

  it.each(Object.entries({ gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }))(
    'lines whose %s is damaged are served or refused',
    async (encoding, compress) => {
      const whole = compress(`${JSON.stringify(event())}\n`.repeat(20));
      const damaged = fc
        .array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), {
          minLength: 1,
          maxLength: 3,
        })
        .map((bytes) => bytes.reduce((now, [at, byte]) => now.fill(byte, at, at + 1), Buffer.from(whole)));
      const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': encoding };
      await expectServed(damaged, (body) =>
        system.request('POST', '/publish', { headers, body: new Uint8Array(body) }),
      );
    },
    120_000,
  );

  it.each(['application/cloudevents+json', 'application/cloudevents-batch+json', 'application/x-ndjson'])(
    'what is said to be %s is served or refused',
    async (type) => {
      await expectServed(anyText, (body) =>
        system.request('POST', '/publish', { headers: { 'content-type': type }, body }),
      );
    },
    120_000,
  );

  it('and leaves nothing behind', async () => {
    await system.unharmed();
  });
});

async function expectServed<T>(texts: fc.Arbitrary<T>, ask: (text: T) => Promise<Response>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const response = await ask(text); // throws where the answer is not documented
      await response.body?.cancel();
      expect([200, 202, 204, 400, 422]).toContain(response.status);
    }),
    { seed, numRuns: OTHERS },
  );
}

/** A text with a few of its characters changed. */
function nearly(text: string): fc.Arbitrary<string> {
  const pieces = [
    '',
    '0',
    '1',
    '9',
    'a',
    'f',
    '-',
    '.',
    's',
    't',
    '+',
    'ffffffffffffffff',
    '7fffffffffffffff',
    '9223372036854775807',
  ];
  const change = fc.record({
    at: fc.nat({ max: text.length }),
    length: fc.nat({ max: 3 }),
    piece: fc.constantFrom(...pieces),
  });
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) =>
      changes.reduce((now, { at, length, piece }) => now.slice(0, at) + piece + now.slice(at + length), text),
    );
}
