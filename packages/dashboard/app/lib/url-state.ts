import { isRangeName, type RangeName } from './time-range.ts';
import { type Direction, firstDirection, TOPIC_SORTS, type TopicSort } from './topic-table.ts';

/** What the page shows: everything that a shared link must bring back. It is kept in the query string and nowhere else. */
export type Route = OverviewRoute | EventsRoute | DeadLettersRoute | SystemRoute;
export type View = Route['view'];

export interface OverviewRoute {
  readonly view: 'overview';
  /** `table`: the text alternative of the chart. */
  readonly chart: 'canvas' | 'table';
  /** Text that a topic must contain to be listed. */
  readonly topics: string;
  readonly sort: TopicSort;
  readonly dir: Direction;
}

/** What is searched for. Empty texts filter nothing. */
export interface EventSearch {
  readonly topic: string;
  readonly source: string;
  readonly event_id: string;
  /** JSON text. */
  readonly contains: string;
  readonly range: RangeName | '';
  /** RFC 3339; used without a range only. */
  readonly since: string;
  readonly until: string;
}

export interface EventsRoute extends EventSearch {
  readonly view: 'events';
  readonly live: boolean;
  /** The event whose detail is open. */
  readonly show_topic: string;
  readonly show_id: string;
}

export interface DeadLettersRoute {
  readonly view: 'dead-letters';
  readonly state: 'open' | 'replayed' | 'all';
  readonly code: string;
  /** The letter whose detail is open. */
  readonly letter: string;
}

interface SystemRoute {
  readonly view: 'system';
}

const DEFAULTS: { readonly [V in View]: Extract<Route, { view: V }> } = {
  overview: { view: 'overview', chart: 'canvas', topics: '', sort: 'received', dir: 'desc' },
  events: {
    view: 'events',
    topic: '',
    source: '',
    event_id: '',
    contains: '',
    range: '',
    since: '',
    until: '',
    live: false,
    show_topic: '',
    show_id: '',
  },
  'dead-letters': { view: 'dead-letters', state: 'open', code: '', letter: '' },
  system: { view: 'system' },
};

/** A view as it is first entered, with what is given. */
export function routeTo<V extends View>(
  view: V,
  given: Partial<Extract<Route, { view: V }>> = {},
): Extract<Route, { view: V }> {
  return { ...DEFAULTS[view], ...given };
}

/** Reads a query string. What it does not know, or what makes no sense, is left out: a link may be old. Pure. */
export function parseRoute(search: string): Route {
  const query = new URLSearchParams(search);
  const text = (name: string): string => query.get(name) ?? '';
  switch (text('view')) {
    case 'events':
      return parseEvents(text);
    case 'dead-letters': {
      const state = oneOf(text('state'), ['open', 'replayed', 'all'] as const, 'open');
      const letter = /^[1-9]\d{0,18}$/.test(text('letter')) ? text('letter') : '';
      return { view: 'dead-letters', state, code: text('code'), letter };
    }
    case 'system':
      return { view: 'system' };
    default: {
      const sort = oneOf(text('sort'), TOPIC_SORTS, 'received');
      const dir = oneOf(text('dir'), ['asc', 'desc'] as const, firstDirection(sort));
      const chart = oneOf(text('chart'), ['canvas', 'table'] as const, 'canvas');
      return { view: 'overview', chart, topics: text('topics'), sort, dir };
    }
  }
}

function parseEvents(text: (name: string) => string): EventsRoute {
  const range = isRangeName(text('range')) ? (text('range') as RangeName) : '';
  const isShown = text('show_topic') !== '' && text('show_id') !== '';
  return {
    view: 'events',
    topic: text('topic'),
    source: text('source'),
    event_id: text('event_id'),
    contains: text('contains'),
    range,
    since: range === '' ? text('since') : '',
    until: range === '' ? text('until') : '',
    live: text('live') === '1',
    show_topic: isShown ? text('show_topic') : '',
    show_id: isShown ? text('show_id') : '',
  };
}

function oneOf<T extends string>(text: string, allowed: readonly T[], otherwise: T): T {
  return allowed.find((one) => one === text) ?? otherwise;
}

/** The query string of a route, with its `?`; of the overview as it is first seen, `?`. The reverse of parseRoute. Pure. */
export function formatRoute(route: Route): string {
  const query = new URLSearchParams();
  if (route.view !== 'overview') query.set('view', route.view);
  const defaults = {
    ...DEFAULTS[route.view],
    ...('sort' in route ? { dir: firstDirection(route.sort) } : {}),
  };
  for (const [name, value] of Object.entries(route)) {
    if (name === 'view' || value === defaults[name as keyof typeof defaults]) continue;
    query.set(name, value === true ? '1' : String(value));
  }
  return `?${query}`;
}

/** Whether anything is searched for. */
export function isFiltered({ topic, source, event_id, contains, range, since, until }: EventSearch): boolean {
  return [topic, source, event_id, contains, range, since, until].some((text) => text !== '');
}

/** Why this search cannot be followed live; undefined where it can. */
export function liveObstacle({ event_id, range, since, until }: EventSearch): string | undefined {
  if (event_id !== '') return 'Live follows topic, source and payload. Clear the event ID to use it.';
  if (range !== '' || since !== '' || until !== '') {
    return 'Live follows topic, source and payload. Clear the event time to use it.';
  }
  return undefined;
}
