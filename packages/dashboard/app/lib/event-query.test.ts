import { expect, it } from 'vitest';
import { eventsQuery, tailQuery } from './event-query.ts';
import { routeTo } from './url-state.ts';

const NOW = { now: new Date('2026-01-02T00:00:00Z'), limit: 50 };

it('asks for everything that is searched for', () => {
  const search = routeTo('events', {
    topic: 'a',
    source: 'b',
    event_id: 'c',
    contains: '{"d":1}',
    since: '2026-01-01T00:00:00Z',
    until: '2026-01-02T00:00:00Z',
  });
  expect(Object.fromEntries(new URLSearchParams(eventsQuery(search, NOW)))).toEqual({
    topic: 'a',
    source: 'b',
    event_id: 'c',
    contains: '{"d":1}',
    since: '2026-01-01T00:00:00Z',
    until: '2026-01-02T00:00:00Z',
    limit: '50',
  });
});

it('turns a range into a time, and leaves out what is empty', () => {
  expect(eventsQuery(routeTo('events', { range: '24h', contains: ' ' }), NOW)).toBe(
    'since=2026-01-01T00%3A00%3A00.000Z&limit=50',
  );
});

it('follows by topic, source and payload', () => {
  expect(tailQuery(routeTo('events', { topic: 'a', contains: '{}' }))).toBe('topic=a&contains=%7B%7D');
});
