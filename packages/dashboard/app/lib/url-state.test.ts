import { describe, expect, it } from 'vitest';
import { formatRoute, isFiltered, liveObstacle, parseRoute, type Route, routeTo } from './url-state.ts';

const ROUTES: Route[] = [
  routeTo('overview'),
  routeTo('overview', { chart: 'table', topics: 'a&b', sort: 'topic', dir: 'desc' }),
  routeTo('overview', { sort: 'topic', dir: 'asc' }),
  routeTo('events'),
  routeTo('events', { topic: 'ä/ö', contains: '{"a": "b&c=1+2"}', range: '1h', live: true }),
  routeTo('events', { since: '2026-01-01T00:00:00Z', show_topic: 'a', show_id: '#1' }),
  routeTo('dead-letters', { state: 'all', code: '22P02', letter: '12' }),
  routeTo('system'),
];

it.each(ROUTES)('comes back from its own query string: %j', (route) => {
  expect(parseRoute(formatRoute(route))).toEqual(route);
});

it('leaves out what is as usual', () => {
  expect(formatRoute(routeTo('overview'))).toBe('?');
  expect(formatRoute(routeTo('events', { topic: 'a' }))).toBe('?view=events&topic=a');
});

describe('an old or mistaken link', () => {
  it.each([
    ['?view=nothing&sort=colour&dir=up&chart=3d', routeTo('overview')],
    ['?view=events&range=1y&live=yes&show_id=1', routeTo('events')],
    ['?view=events&range=1h&since=2026-01-01T00:00:00Z', routeTo('events', { range: '1h' })],
    ['?view=dead-letters&state=dead&letter=-1', routeTo('dead-letters')],
  ])('%s is read as far as it makes sense', (search, route) => expect(parseRoute(search)).toEqual(route));
});

it('knows whether anything is searched for', () => {
  expect(isFiltered(routeTo('events', { live: true, show_topic: 'a', show_id: '1' }))).toBe(false);
  expect(isFiltered(routeTo('events', { until: '2026-01-01T00:00:00Z' }))).toBe(true);
});

it('says why a search cannot be followed', () => {
  expect(liveObstacle(routeTo('events', { topic: 'a', contains: '{}' }))).toBeUndefined();
  expect(liveObstacle(routeTo('events', { event_id: 'a' }))).toContain('event ID');
  expect(liveObstacle(routeTo('events', { range: '1h' }))).toContain('event time');
});
