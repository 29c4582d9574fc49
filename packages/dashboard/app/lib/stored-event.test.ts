import { expect, it } from 'vitest';
import { eventKey, putBelow, putOnTop, readEvent, readEvents } from './stored-event.ts';

const json = (id: string, payload = '{}'): string =>
  `{"topic":"a\\"b","event_id":"${id}","timestamp":"2026-01-31T12:00:00+00:00","source":"s","payload":${payload},"processed_at":"2026-01-31T12:00:01+00:00"}`;
const event = (id: string) => readEvent(json(id));
const ids = (events: readonly { eventId: string }[]): string[] => events.map(({ eventId }) => eventId);

it('reads an event and leaves its payload as it is', () => {
  const [read] = readEvents(`[${json('1', '{"total": 9007199254740993}')}]`);
  expect(read).toEqual({
    key: eventKey('a"b', '1'),
    topic: 'a"b',
    eventId: '1',
    source: 's',
    timestamp: '2026-01-31T12:00:00+00:00',
    processedAt: '2026-01-31T12:00:01+00:00',
    payload: '{"total": 9007199254740993}',
    raw: json('1', '{"total": 9007199254740993}'),
  });
});

it('refuses what is no event', () => expect(() => readEvent('{"topic":"a"}')).toThrow());

it('puts what arrives on top, the newest first, each once, and forgets the oldest', () => {
  const list = [event('2'), event('1')];
  expect(
    ids(putOnTop(list, [event('2'), event('3'), event('4'), event('3')], { rows: 10, units: 10_000 })),
  ).toEqual(['4', '3', '2', '1']);
  expect(ids(putOnTop(list, [event('3'), event('4')], { rows: 3, units: 10_000 }))).toEqual(['4', '3', '2']);
});

it('forgets the oldest also where they are large, but for the newest of all', () => {
  const units = event('1').raw.length;
  const list = [event('2'), event('1')];
  expect(ids(putOnTop(list, [event('3')], { rows: 10, units: 2 * units }))).toEqual(['3', '2']);
  expect(ids(putOnTop(list, [event('3')], { rows: 10, units: 2 * units - 1 }))).toEqual(['3']);
  expect(ids(putOnTop(list, [event('3')], { rows: 10, units: 1 }))).toEqual(['3']);
});

it('puts a page below, each event once', () => {
  expect(ids(putBelow([event('3'), event('2')], [event('2'), event('1')]))).toEqual(['3', '2', '1']);
});
