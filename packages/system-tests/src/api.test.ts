import { gzipSync } from 'node:zlib';
import type { DeadLetterSummary } from '@oncelog/event-schema';
import { shardKeys } from '@oncelog/event-stream';
import { openTestRedis } from '@oncelog/event-stream/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { streamed } from './testing/streamed.ts';
import { event, openSystem, range, type System } from './testing/system.ts';

// Every answer that /openapi.json documents is brought about once. `system.request` holds each against the document.

/** What nothing from outside can bring about: these operations read nothing that could fail in a way nobody foresaw. */
const NOT_PROVOKED = [
  'GET / 500',
  'GET /consumers 500',
  'GET /dashboard 404', // where it was not built
  'GET /dashboard 500',
  'GET /docs 500',
  'GET /health 500',
  'GET /health/live 500',
  'GET /health/ready 500',
  'GET /live 500',
  'GET /metrics 500',
  'GET /openapi.json 500',
  'GET /tail 500',
  'POST /publish 500',
];

let system: System;
/** Of another system, of which only these answers count. */
const seen = new Set<string>();
/** IDs of letters that can be replayed, and the ID of one that cannot. */
let replayable: string[];
let foreign: string;

beforeAll(async () => {
  system = await openSystem({ consumers: 1, serviceEnv: { MAX_EVENT_STREAMS: '5', BODY_STALL_MS: '1000' } });
  await bury();
});
afterAll(() => system.close());

/** Entries that are not as a gateway writes them become dead letters. */
async function bury(): Promise<void> {
  const redis = await openTestRedis(system.redisUrl);
  const { stream } = shardKeys('oncelog', 0);
  const { batch_id } = await system.publish(event());
  await redis.xAdd(stream, '*', { hello: 'world' });
  for (const _ of range(4)) {
    const body = JSON.stringify({ events: [event()] });
    // it holds one event, and says that it holds two
    await redis.xAdd(stream, '*', { batch_id: crypto.randomUUID(), events: '2', epoch: 'abc', body });
  }
  await redis.close();
  const letters = await vi.waitFor(async () => {
    const found = (await (await system.get('/dead-letters')).json()) as DeadLetterSummary[];
    if (found.length < 5) throw new Error(`${found.length} letters`);
    return found;
  }, 30_000);
  replayable = letters.filter(({ code }) => code === 'unreadable').map(({ id }) => id);
  foreign = letters.find(({ code }) => code === 'foreign')?.id ?? '';
  expect(await (await system.get(`/batches?batch_id=${batch_id}`)).json()).toHaveLength(1);
}

type Request = readonly [line: string, init?: RequestInit | undefined];

/** `GET /stats 200`: makes the request, and expects the status. */
async function answers(requests: readonly Request[]): Promise<void> {
  await Promise.all(
    requests.map(async ([line, init]) => {
      const [method = '', path = '', status] = line.split(' ');
      const response = await system.request(method, path, init);
      await response.body?.cancel();
      expect(`${method} ${path} ${response.status}`).toBe(`${method} ${path} ${status}`);
    }),
  );
}

const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const lines = (init: RequestInit): RequestInit => ({
  ...init,
  headers: { 'content-type': 'application/x-ndjson' },
});
/** A body that begins and does not go on. */
async function* stalled(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('{');
  await new Promise(() => {});
}
const cloudEvents = (body: unknown): RequestInit =>
  json(body, { 'content-type': 'application/cloudevents-batch+json' });
const plain: RequestInit = { headers: { 'content-type': 'text/plain' }, body: 'x' };
const bomb: RequestInit = {
  headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  body: gzipSync(Buffer.alloc(6_000_000, ' ')),
};

const WRONG: readonly Request[] = [
  ['POST /publish 400', json('{"events":')],
  ['POST /publish 413', bomb],
  ['POST /publish 415', plain],
  ['POST /publish 422', json({ events: [] })],
  ['POST /publish 422', json({ events: [event()] }, { 'idempotency-key': 'a b' })],
  ['POST /publish 422', lines({ body: `${JSON.stringify(event())}\n{}` })],
  ['POST /publish 422', cloudEvents([{}])],
  ['POST /publish 408', lines(streamed(stalled()))],
  ['GET /events?color=red 422'],
  ['GET /events?contains=[] 422'],
  ['GET /batches 422'],
  ['GET /tail?color=red 422'],
  ['GET /tail 422', { headers: { 'last-event-id': 'foreign' } }],
  ['GET /live?color=red 422'],
  ['GET /consumers?color=red 422'],
  ['GET /audit?full=maybe 422'],
  ['GET /dead-letters?topic=t 422'],
  ['DELETE /dead-letters 422'],
  ['POST /dead-letters/replay 400', json('{')],
  ['POST /dead-letters/replay 413', bomb],
  ['POST /dead-letters/replay 415', plain],
  ['POST /dead-letters/replay 422', json({})],
  ['GET /dead-letters/%ZZ 400'],
  ['GET /dead-letters/999 404'],
  ['DELETE /dead-letters/%ZZ 400'],
  ['DELETE /dead-letters/999 404'],
  ['POST /dead-letters/%ZZ/replay 400'],
  ['POST /dead-letters/999/replay 404'],
];

it('when all is well', async () => {
  await answers([
    ['GET / 200'],
    ['GET /openapi.json 200'],
    ['GET /docs 200'],
    ['GET /dashboard 200'],
    ['GET /dashboard/ 308', { redirect: 'manual' }],
    ['GET / 200', { headers: { accept: 'text/html' } }],
    ['POST /publish 202', json({ events: [event()] })],
    ['POST /publish 202', lines({ body: JSON.stringify(event()) })],
    ['POST /publish 202', cloudEvents([{ specversion: '1.0', id: '1', source: '/api', type: 'test' }])],
    ['POST /publish 204', cloudEvents([])],
    ['GET /events?limit=1 200'],
    ['GET /tail 200'],
    ['GET /stats 200'],
    ['GET /live 200'],
    ['GET /consumers 200'],
    ['GET /audit?full=true 200'],
    ['GET /dead-letters?state=open&limit=2 200'],
    [`GET /dead-letters/${foreign} 200`],
    ['DELETE /dead-letters?code=none 200'],
    ['POST /dead-letters/replay 200', json({ code: 'none' })],
    [`POST /dead-letters/${replayable[0]}/replay 202`],
    ['GET /health 200'],
    ['GET /health/live 200'],
    ['GET /health/ready 200'],
    ['GET /metrics 200'],
  ]);
  await answers([[`DELETE /dead-letters/${replayable[0]} 204`]]);
});

it('to HEAD, and where there is nothing', async () => {
  await answers([
    ['HEAD /events 200'],
    ['HEAD /dead-letters/999 404'],
    ['GET /nothing 404'],
    ['PUT /publish 405'],
    ['PATCH /dead-letters/1 405'],
    ['GET /dead-letters/replay 405'],
  ]);
});

describe('when a request is wrong', () => {
  it.each(WRONG.map(([line, init]) => ({ line, init })))('$line', async ({ line, init }) => {
    await answers([[line, init]]);
  });

  it('POST /dead-letters/{id}/replay 422', async () => {
    await answers([[`POST /dead-letters/${foreign}/replay 422`]]);
  });
});

it('when the schema of the store is not what it should be', async () => {
  const hidden = ['processed_events', 'applied_batches', 'event_stats', 'dead_letters'];
  for (const table of hidden) await system.sql.unsafe(`ALTER TABLE ${table} RENAME TO hidden_${table}`);
  try {
    await answers([
      ['GET /events 500'],
      [`GET /batches?batch_id=${crypto.randomUUID()} 500`],
      ['GET /stats 500'],
      ['GET /audit 500'],
      ...ofLetters(500),
    ]);
  } finally {
    for (const table of hidden) await system.sql.unsafe(`ALTER TABLE hidden_${table} RENAME TO ${table}`);
  }
});

it('while Postgres is away', async () => {
  await system.stack.stopProcess('postgres');
  await answers([
    ['GET /events 503'],
    [`GET /batches?batch_id=${crypto.randomUUID()} 503`],
    ['GET /stats 503'],
    ['GET /audit 503'],
    ...ofLetters(503),
    ['GET /health 503'],
    ['GET /health/ready 200'],
  ]);
  await system.stack.startProcess('postgres');
});

it('while Redis is away', async () => {
  await system.stack.stopProcess('redis');
  await answers([
    ['POST /publish 503', json({ events: [event()] })],
    ['GET /stats 503'],
    ['GET /audit 503'],
    ['GET /consumers 503'],
    ['POST /dead-letters/replay 503', json({ code: 'unreadable' })],
    [`POST /dead-letters/${replayable[1]}/replay 503`],
    ['GET /health 503'],
    ['GET /health/ready 503'],
  ]);
  await system.stack.startProcess('redis');
});

it('when as many listen as may', async () => {
  const streams: Response[] = [];
  await vi.waitFor(async () => {
    streams.push(await system.request('GET', '/live'), await system.request('GET', '/tail'));
    expect(streams.slice(-2).map(({ status }) => status)).toEqual([503, 503]);
  }, 10_000);
  await Promise.all(streams.map((stream) => stream.body?.cancel()));
});

describe('when requests are limited', () => {
  let limited: System;
  beforeAll(async () => {
    const serviceEnv = {
      RATE_LIMIT_REQUESTS: '1',
      RATE_LIMIT_WINDOW_SECONDS: '3600',
      RATE_LIMIT_ON_STORE_FAILURE: 'closed',
    };
    limited = await openSystem({ consumers: 1, serviceEnv });
  });
  afterAll(() => limited.close());

  /** Every operation that documents a status is asked, and answers it. */
  const allAnswer = async (status: number, code: string): Promise<void> => {
    for (const answer of limited.api.documented.filter((one) => one.endsWith(` ${status}`))) {
      const [method = '', path = ''] = answer.split(' ');
      if (path.startsWith('/health')) continue; // probes are not counted
      const response = await limited.request(method, path.replaceAll(/\{\w+\}/g, '1'));
      expect([answer, await response.json()]).toEqual([answer, expect.objectContaining({ status, code })]);
      seen.add(answer);
    }
  };

  it('those beyond the limit', () => allAnswer(429, 'too-many-requests'));

  it('those that cannot be counted', async () => {
    await limited.stack.stopProcess('redis');
    await allAnswer(503, 'limits-unavailable');
    await limited.stack.startProcess('redis');
  });
});

it('every documented answer was seen', () => {
  // those of keys are seen by security/access.test.ts, which has keys
  const ofKeys = /^\w+ \/session | 40[13]$/;
  const unseen = system.api.documented.filter(
    (answer) => !system.api.seen.has(answer) && !seen.has(answer) && !ofKeys.test(answer),
  );
  expect(unseen.sort()).toEqual(NOT_PROVOKED);
});

/** Of the operations that read or write dead letters. */
function ofLetters(status: number): Request[] {
  const id = replayable[1];
  return [
    [`GET /dead-letters ${status}`],
    [`DELETE /dead-letters?code=none ${status}`],
    [`POST /dead-letters/replay ${status}`, json({ code: 'none' })],
    [`GET /dead-letters/${id} ${status}`],
    [`DELETE /dead-letters/${id} ${status}`],
    [`POST /dead-letters/${id}/replay ${status}`],
  ];
}
