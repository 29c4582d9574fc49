import { describe, expect, it } from 'vitest';
import { concernsOf } from './attention.ts';
import { shownState } from './connection-state.ts';
import { containsFault } from './contains-filter.ts';
import { nextOf } from './link-header.ts';
import type { Member } from './members.ts';
import { arrangeTopics, firstDirection } from './topic-table.ts';

describe('containsFault', () => {
  it.each(['', '  ', '{}', '{"a":{"b":[1]}}'])('takes %j', (text) =>
    expect(containsFault(text)).toBeUndefined(),
  );
  it.each(['{a:1}', '{'])('says that %j is not JSON', (text) =>
    expect(containsFault(text)).toContain('not JSON'),
  );
  it.each(['[]', '1', 'null', '"a"'])('wants an object instead of %j', (text) => {
    expect(containsFault(text)).toContain('JSON object');
  });
});

it.each([
  ['</events?limit=1&cursor=czI>; rel="next"', '/events?limit=1&cursor=czI'],
  ['</a>; rel="prev", </b>; rel="next"', '/b'],
  ['</a>; rel="prev"', undefined],
  [null, undefined],
])('finds the next page in %j', (header, target) => expect(nextOf(header)).toBe(target));

describe('shownState', () => {
  it.each([
    ['live', 1, { state: 'live', stale: false }],
    ['live', 6, { state: 'stale', stale: true }],
    ['reconnecting', 6, { state: 'reconnecting', stale: true }],
    ['connecting', undefined, { state: 'connecting', stale: false }],
  ] as const)('%s, silent for %s', (connection, silent, shown) => {
    expect(shownState(connection, silent)).toEqual(shown);
  });
});

describe('arrangeTopics', () => {
  const row = (topic: string, rate: number) => ({
    topic,
    received: 10 * rate,
    unique_processed: rate,
    duplicate_dropped: 9 * rate,
    received_per_second: rate,
  });
  const topics = [row('b.X', 1), row('a', 2), row('c', 1)];
  const names = (sort: 'topic' | 'rate', direction: 'asc' | 'desc', text = '') =>
    arrangeTopics(topics, { text, sort, direction }).map(({ topic }) => topic);

  it('sorts by figure, by name among equals', () => expect(names('rate', 'desc')).toEqual(['a', 'b.X', 'c']));
  it('sorts by name', () => expect(names('topic', 'desc')).toEqual(['c', 'b.X', 'a']));
  it('finds by a part of the name in any case', () => expect(names('rate', 'desc', ' x')).toEqual(['b.X']));
  it('begins with the largest, or with A', () => {
    expect([firstDirection('rate'), firstDirection('topic')]).toEqual(['desc', 'asc']);
  });
});

describe('concernsOf', () => {
  const fine = {
    health: { database: 'connected', redis: 'connected' },
    stream: null,
    audit: null,
    dead_letters_open: 0,
  };
  const member = (name: string, state: Member['state']): Member => ({
    name,
    shard: 0,
    state,
    pending_entries: 0,
    idle_seconds: 0,
    started_at: null,
    version: null,
    restarted: false,
  });
  const texts = (...args: Parameters<typeof concernsOf>) => concernsOf(...args).map(({ text }) => text);

  it('has none where all is well, or unknown', () => {
    expect(concernsOf(fine, [member('a', 'active')])).toEqual([]);
    expect(concernsOf(fine, null)).toEqual([]);
  });

  it('names what is away, what is silent and what waits', () => {
    const stream = { ...EMPTY_STREAM, oldest_unapplied_seconds: 75 };
    const health = { database: 'error: gone', redis: 'error: gone' };
    const audit = { consistent: false, at_rest: true, checked_at: '', failed_checks: [] };
    expect(
      texts({ health, stream, audit, dead_letters_open: 1 }, [member('a', 'idle'), member('b', 'silent')]),
    ).toEqual([
      'Postgres is away',
      'Redis is away',
      'The audit found a difference',
      'b is silent',
      'The oldest entry waits for 1 min 15 s',
      '1 dead letter open',
    ]);
  });

  it('counts several', () => {
    const members = [member('a', 'silent'), member('b', 'silent'), member('c', 'idle')];
    expect(texts({ ...fine, dead_letters_open: 1_200 }, members)).toEqual([
      '2 consumers are silent',
      '1,200 dead letters open',
    ]);
  });

  it('says when nobody works', () => {
    expect(texts(fine, [member('a', 'silent'), member('b', 'gone')])).toEqual(['No consumer is at work']);
    expect(texts(fine, [])).toEqual(['No consumer is at work']);
  });
});

const EMPTY_STREAM = {
  lag_entries: 0,
  pending_entries: 0,
  backlog_events: 0,
  backlog_bytes: 0,
  oldest_unapplied_seconds: null,
  shards: 1,
};
