import type { RawJson } from '@oncelog/client';
import { describe, expect, test } from 'vitest';
import { logEvent, type Naming } from './log-event.ts';

const NOW = Date.UTC(2026, 0, 1);
const naming: Naming = {
  topic: 'logs',
  topicKey: undefined,
  source: undefined,
  hostname: 'host-1',
  now: () => NOW,
};
const iso = (ms: number): string => new Date(ms).toISOString();
const eventOf = (log: unknown, own: Partial<Naming> = {}) =>
  logEvent(typeof log === 'string' ? log : JSON.stringify(log), { ...naming, ...own }) as {
    topic: string;
    source: string;
    timestamp: string;
    payload: RawJson | { msg: string };
  };
const textOf = (line: string): string => (eventOf(line).payload as RawJson).text;

test('a line is its own payload, to the last digit', () => {
  const line = '{"level":30,"time":1767225600000,"msg":"paid","total":9007199254740993.10}';

  expect(textOf(line)).toBe(line);
  expect(eventOf(line)).toMatchObject({
    topic: 'logs',
    source: 'host-1',
    timestamp: '2026-01-01T00:00:00.000Z',
  });
});

test('the source is what the options say, else the logger’s name, else the host', () => {
  expect(eventOf({ name: 'api' }).source).toBe('api');
  expect(eventOf({ name: 'api' }, { source: 'shop' }).source).toBe('shop');
  expect(eventOf({ name: 7 }).source).toBe('host-1');
});

test('the topic may be a property of the log object', () => {
  expect(eventOf({ channel: 'billing' }, { topicKey: 'channel' }).topic).toBe('billing');
  expect(eventOf({ channel: 7 }, { topicKey: 'channel' }).topic).toBe('logs');
  expect(eventOf({ channel: '' }, { topicKey: 'channel' }).topic).toBe('logs');
  expect(eventOf({ channel: 'x'.repeat(256) }, { topicKey: 'channel' }).topic).toBe('logs');
});

describe('the timestamp is that of the line', () => {
  test.each([
    ['milliseconds', NOW - 5, iso(NOW - 5)],
    ['seconds', NOW / 1_000 - 5, iso(NOW - 5_000)],
    ['an ISO text', '2026-01-31T12:00:00.123456789+01:00', '2026-01-31T12:00:00.123456789+01:00'],
    ['a date that is none', '2026-13-01T00:00:00Z', iso(NOW)],
    ['a text without an offset', '2026-01-01T00:00:00', iso(NOW)],
    ['a number that is no time', 1e300, iso(NOW)],
    ['nanoseconds', 1.7e18, iso(NOW)],
    ['nothing', undefined, iso(NOW)],
    ['an object', {}, iso(NOW)],
  ])('%s', (_name, time, expected) => {
    expect(eventOf({ time }).timestamp).toBe(expected);
  });
});

test.each(['plain text', '[1]', '"text"', 'null', '{"cut":'])(
  'a line that is no object is a message: %s',
  (line) => {
    expect(eventOf(line).payload).toEqual({ msg: line });
  },
);

test('such a message can be stored too', () => {
  expect(eventOf('a\0b').payload).toEqual({ msg: 'a\ufffdb' });
});

describe('what cannot be stored is replaced, the rest of the line stays', () => {
  test.each([
    ['U+0000', String.raw`{"a":"x\u0000y"}`, String.raw`{"a":"x\ufffdy"}`],
    ['a lone half', String.raw`{"a":"\ud83d!","b":"\uDE80"}`, String.raw`{"a":"\ufffd!","b":"\ufffd"}`],
    ['not a pair', String.raw`{"a":"\ud83d\ude80"}`, String.raw`{"a":"\ud83d\ude80"}`],
    [
      'not what only looks like it',
      String.raw`{"a":"\\u0000 \\\\ud83d \n\u00e9"}`,
      String.raw`{"a":"\\u0000 \\\\ud83d \n\u00e9"}`,
    ],
    ['but an escaped backslash before it', String.raw`{"a":"\\\u0000"}`, String.raw`{"a":"\\\ufffd"}`],
  ])('%s', (_name, line, expected) => {
    expect(textOf(line)).toBe(expected);
    expect(() => JSON.parse(expected)).not.toThrow();
  });
});
