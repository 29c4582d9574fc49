import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, storeBatch, type TestDatabase } from '../testing/index.ts';
import { applyBatches } from './apply-batches.ts';
import { findRefusedEvents } from './find-refused-events.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(testPostgresUrl());
});
afterAll(() => test.drop());

const event = (fields: object = {}) =>
  JSON.stringify({
    topic: 't',
    event_id: 'e',
    timestamp: '2026-01-01T00:00:00Z',
    source: 's',
    payload: {},
    ...fields,
  });

it('finds every event that Postgres refuses, with its code and text, and stores nothing', async () => {
  const events = Array.from({ length: 50 }, (_, i) => event({ event_id: `e${i}` }));
  const incompressible = Array.from({ length: 4000 }, (_, i) =>
    String.fromCodePoint(0x4e00 + ((i * 7919) % 20000)),
  ).join('');
  events[3] = event({ timestamp: '2026-02-30T00:00:00Z' });
  events[17] =
    '{"topic":"t","event_id":"x","timestamp":"2026-01-01T00:00:00Z","source":"s","payload":{"k":"\\u0000"}}';
  events[18] = event({ topic: null });
  events[30] =
    '{"topic":"t","event_id":"y","timestamp":"2026-01-01T00:00:00Z","source":"s","payload":{"n":1e200000}}';
  events[31] =
    '{"topic":"t","event_id":"z","timestamp":"2026-01-01T00:00:00Z","source":"s","payload":{"k":"\\ud800"}}';
  events[49] = event({ event_id: incompressible });
  const refused = await findRefusedEvents(test.database, events);
  expect(refused.map(({ position, code }) => [position, code])).toEqual([
    [3, '22008'],
    [17, '22P05'],
    [18, '23502'],
    [30, '22003'],
    [31, '22P02'],
    [49, '54000'],
  ]);
  expect(await test.sql`SELECT FROM processed_events`).toHaveLength(0);
});

it('agrees with the statement that applies batches on events that no gateway would take', async () => {
  const odd = [
    event({ payload: null }),
    event().replace('"payload":{}', '"ignored":1e200000,"payload":{}'),
    event().replace('"payload":{}', '"ignored":"\\u0000","payload":{}'),
    event().replace('"topic":"t"', '"topic":"t","topic":null'),
    event({ source: { a: 1 } }),
    event({ payload: 5 }),
    event({ timestamp: 'today' }),
    '[]',
    '5',
  ];
  for (const text of odd) {
    const refused = await findRefusedEvents(test.database, [text]);
    const batch = { ...storeBatch([]), events: 1, body: `{"events":[${text}]}` };
    const applied = applyBatches(test.database, [batch], { shard: 0, stripe: 0 });
    const code = await applied.then(
      () => undefined,
      (error: { code: string }) => error.code,
    );
    expect([text, refused[0]?.code]).toEqual([text, code]);
    await test.sql`DELETE FROM processed_events`;
  }
});

it('finds nothing where Postgres takes all of them', async () => {
  expect(await findRefusedEvents(test.database, [event(), event()])).toEqual([]);
  expect(await findRefusedEvents(test.database, [])).toEqual([]);
});

it('finds an event that is not JSON', async () => {
  expect(await findRefusedEvents(test.database, [event(), '{"topic":', event()])).toMatchObject([
    { position: 1, code: '22P02' },
  ]);
});
