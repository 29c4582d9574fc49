import { describe, expect, test } from 'vitest';
import { type DefaultName, type EventInput, eventBytes } from './event-input.ts';
import { rawJson } from './raw-json.ts';

const NOW = Date.UTC(2026, 0, 1);
const defaults = { topic: 'orders', source: 'shop', now: () => NOW };
const text = (input: unknown, given = defaults): string =>
  new TextDecoder().decode(eventBytes(input as EventInput<DefaultName>, given, 3));

describe('an event', () => {
  test('goes out as it is, with nothing that is not named', () => {
    const event = {
      topic: 't',
      event_id: 'e',
      timestamp: '2026-01-31T12:00:00+01:00',
      source: 's',
      payload: { n: 1 },
    };

    expect(text({ ...event, other: 1 })).toBe(JSON.stringify(event));
  });

  test('is filled in', () => {
    const event = JSON.parse(text({ payload: {} }));

    expect(event).toMatchObject({ topic: 'orders', source: 'shop', timestamp: '2026-01-01T00:00:00.000Z' });
    expect(event.event_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('may have a Date, a BigInt and raw JSON', () => {
    const event = {
      event_id: 'e',
      timestamp: new Date(NOW + 1),
      payload: { n: 9007199254740993n, r: rawJson('1.0') },
    };

    expect(text(event)).toBe(
      '{"topic":"orders","event_id":"e","timestamp":"2026-01-01T00:00:00.001Z","source":"shop","payload":{"n":9007199254740993,"r":1.0}}',
    );
    expect(text({ ...event, payload: rawJson(' {"a":1e3}') })).toContain('"payload": {"a":1e3}}');
  });
});

describe('a raw event', () => {
  const whole =
    '{"topic":"t","event_id":"e","timestamp":"2026-01-31T12:00:00Z","source":"s","payload":{"n":1.10}}';

  test('goes out as it is', () => {
    expect(text(rawJson(whole))).toBe(whole);
    expect(text(rawJson(`\n ${whole} `))).toBe(`\n ${whole} `);
  });

  test('gets what it lacks in front', () => {
    expect(
      text(rawJson(' { "event_id":"e", "timestamp":"2026-01-31T12:00:00Z", "payload":{"n":1.10}}')),
    ).toBe(
      '{"topic":"orders","source":"shop", "event_id":"e", "timestamp":"2026-01-31T12:00:00Z", "payload":{"n":1.10}}',
    );
    expect(JSON.parse(text(rawJson('{"payload":{}}')))).toMatchObject({ topic: 'orders', payload: {} });
  });

  test.each([
    ['[]', ''],
    ['1', ''],
    ['{}', '/payload'],
    ['{"payload":[]}', '/payload'],
    ['{"payload":{},"topic":null}', '/topic'],
    ['{"payload":{},"event_id":7}', '/event_id'],
  ])('%s is none', (json, path) => {
    expect(() => text(rawJson(json))).toThrow(expect.objectContaining({ pointer: `/events/3${path}` }));
  });
});

test.each([
  ['nothing', undefined, ''],
  ['a text', 'event', ''],
  ['no payload', {}, '/payload'],
  ['a payload that is a list', { payload: [] }, '/payload'],
  ['a payload that JSON takes for a string', { payload: new Date() }, '/payload'],
  ['a payload that is raw and no object', { payload: rawJson('[]') }, '/payload'],
  ['a payload that refers to itself', { payload: itself() }, '/payload'],
  ['a payload that JSON leaves out', { payload: { toJSON: () => undefined } }, '/payload'],
  ['an empty topic', { payload: {}, topic: '' }, '/topic'],
  ['a topic that is a number', { payload: {}, topic: 1 }, '/topic'],
  ['an id that is too long', { payload: {}, event_id: '🚚'.repeat(256) }, '/event_id'],
  ['a Date that is none', { payload: {}, timestamp: new Date('x') }, '/timestamp'],
])('%s is refused, and the place is named', (_name, input, path) => {
  expect(() => text(input)).toThrow(
    expect.objectContaining({ name: 'InvalidEventError', index: 3, pointer: `/events/3${path}` }),
  );
});

test('what has no default is required', () => {
  expect(() => eventBytes({ payload: {} } as EventInput<DefaultName>, { now: () => NOW }, 0)).toThrow(
    /\/events\/0\/topic: it is required/,
  );
});

test('255 characters are not 255 UTF-16 units', () => {
  expect(text({ payload: {}, topic: '🚚'.repeat(255) })).toContain('🚚');
});

function itself(): object {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  return circle;
}
