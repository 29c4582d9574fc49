import { parse as parseQueryString, stringify } from 'node:querystring';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBatchesQuery, parseEventsQuery, parseTailQuery } from './parse-queries.ts';
import { anyName, anyTimestamp } from './testing/samples.ts';
import { microsecondsOf } from './timestamp.ts';

const UUID = '0198c5d0-4b7e-7000-8000-0123456789ab';

type Parsed = ReturnType<typeof parseEventsQuery | typeof parseBatchesQuery | typeof parseTailQuery>;

function short(parsed: Parsed): unknown {
  if (parsed.outcome === 'valid') return parsed.query;
  return parsed.violations.map(({ pointer, rule }) => `${pointer} ${rule}`);
}

function events(queryString: string): unknown {
  return short(parseEventsQuery(parseQueryString(queryString)));
}

describe('parseEventsQuery', () => {
  it('has defaults', () => expect(events('')).toEqual({ topic: [], limit: 100 }));

  it('reads every parameter', () => {
    expect(
      events(
        'topic=a&topic=b&source=s&event_id=1&since=2026-01-01T00:00:00Z&until=2026-01-01T00:00:00%2B00:00&limit=1'.replace(
          'until=2026-01-01',
          'until=2026-01-02',
        ),
      ),
    ).toEqual({
      topic: ['a', 'b'],
      source: 's',
      event_id: '1',
      since: '2026-01-01T00:00:00Z',
      until: '2026-01-02T00:00:00+00:00',
      limit: 1,
    });
    // a plus sign that was not escaped
    expect(events('since=2026-01-01T00:00:00+01:00&until=2026-01-02T00:00:00.5+00:00')).toEqual({
      topic: [],
      since: '2026-01-01T00:00:00+01:00',
      until: '2026-01-02T00:00:00.5+00:00',
      limit: 100,
    });
    expect(events('topic=a&cursor=AZaz09-_')).toEqual({ topic: ['a'], cursor: 'AZaz09-_', limit: 100 });
  });

  it.each([
    ['limit=1', 1],
    ['limit=1000', 1000],
    ['limit=007', 7],
  ])('%s', (query, limit) => expect(events(query)).toMatchObject({ limit }));

  it.each([
    ['limit=', ['/query/limit type']],
    ['limit=abc', ['/query/limit type']],
    ['limit=1.5', ['/query/limit type']],
    ['limit=-1', ['/query/limit type']],
    ['limit=%2B1', ['/query/limit type']],
    ['limit=1e2', ['/query/limit type']],
    ['limit=%201', ['/query/limit type']],
    ['limit=0', ['/query/limit minimum']],
    ['limit=1001', ['/query/limit maximum']],
    [`limit=${'9'.repeat(400)}`, ['/query/limit maximum']],
    ['limit=1&limit=2', ['/query/limit repeated']],
    ['topic=', ['/query/topic min-length']],
    ['topic=a&topic=', ['/query/topic min-length']],
    [`topic=${'a'.repeat(256)}`, ['/query/topic max-length']],
    [`${'topic=a&'.repeat(51)}`, ['/query/topic max-items']],
    ['topic=%00', ['/query/topic nul-character']],
    ['source=a&source=a', ['/query/source repeated']],
    ['event_id=', ['/query/event_id min-length']],
    ['since=yesterday', ['/query/since timestamp']],
    ['until=2026-01-01', ['/query/until timestamp']],
    // A plus sign that was not escaped arrives as a space.
    ['since=2026-01-01T00:00:00 1:00', ['/query/since timestamp']],
    ['since=2026-01-01T00:00:00Z&until=2026-01-01T00:00:00Z', ['/query/until empty-range']],
    ['since=2026-01-01T00:00:00Z&until=2026-01-01T00:59:59%2B01:00', ['/query/until empty-range']],
    ['cursor=', ['/query/cursor pattern']],
    ['cursor=a%3D', ['/query/cursor pattern']],
    ['cursor=a%0A', ['/query/cursor pattern']],
    [`cursor=${'a'.repeat(101)}`, ['/query/cursor max-length']],
    ['contains={}&contains={}', ['/query/contains repeated']],
    ['page=2', ['/query/page unknown-parameter']],
    ['Topic=a', ['/query/Topic unknown-parameter']],
    ['topic[]=a', ['/query/topic[] unknown-parameter']],
    ['__proto__=a', ['/query/__proto__ unknown-parameter']],
    ['toString=a', ['/query/toString unknown-parameter']],
    ['a/b=1', ['/query/a~1b unknown-parameter']],
    [`${'a'.repeat(2000)}=1`, ['/query unknown-parameter']],
    [
      'x=1&limit=0&since=a&until=b&topic=',
      [
        '/query/x unknown-parameter',
        '/query/topic min-length',
        '/query/since timestamp',
        '/query/until timestamp',
        '/query/limit minimum',
      ],
    ],
  ])('refuses %s', (query, violations) => expect(events(query)).toEqual(violations));

  it('accepts 50 topics of 255 characters', () => {
    expect(events(`topic=${'a'.repeat(255)}&`.repeat(50))).toMatchObject({ limit: 100 });
  });

  it('refuses lone surrogates and ignores absent parameters', () => {
    expect(short(parseEventsQuery({ source: '\ud800', topic: undefined, limit: undefined }))).toEqual([
      '/query/source lone-surrogate',
    ]);
  });

  it('lists at most 100 violations', () => {
    const names = Array.from({ length: 300 }, (_, i) => [`x${i}`, '1']);
    expect(short(parseEventsQuery(Object.fromEntries(names)))).toHaveLength(100);
  });

  it('names the parameters there are', () => {
    expect(parseEventsQuery({ page: '2' })).toMatchObject({
      violations: [
        {
          detail:
            'There is no such parameter; there is topic, source, event_id, contains, since, until, limit, cursor.',
        },
      ],
    });
  });

  it('returns what was sent', () => {
    const query = fc.record(
      {
        topic: fc.array(anyName, { minLength: 1, maxLength: 3 }),
        source: anyName,
        event_id: anyName,
        since: anyTimestamp,
        limit: fc.integer({ min: 1, max: 1000 }),
        cursor: fc.stringMatching(/^[A-Za-z0-9_-]{1,100}$/),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(query, (sent) => {
        expect(events(stringify(sent))).toEqual(sent);
      }),
    );
  });

  it('refuses ranges that hold no instant', () => {
    fc.assert(
      fc.property(anyTimestamp, anyTimestamp, (since, until) => {
        const isEmpty = microsecondsOf(since) >= microsecondsOf(until);
        expect(parseEventsQuery({ since, until }).outcome).toBe(isEmpty ? 'invalid' : 'valid');
      }),
    );
  });
});

describe('contains', () => {
  const contains = (text: string) => short(parseTailQuery({ contains: text }));
  const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;

  it.each([
    '{}',
    ' {"a": 1}',
    '{"n":9007199254740993}',
    '{"n":1e400}',
    nested(64),
    `{"a":"${'x'.repeat(4_088)}"}`,
  ])('is taken as it was sent: %.30s', (text) => {
    expect(contains(text)).toEqual({ topic: [], contains: text });
    expect(short(parseEventsQuery({ contains: text }))).toMatchObject({ contains: text });
  });

  it.each([
    ['', 'json'],
    ['{', 'json'],
    ['{"a":1}}', 'json'],
    ['{"a":\u00001}', 'json'],
    ['null', 'type'],
    ['[{}]', 'type'],
    ['"a"', 'type'],
    ['1', 'type'],
    ['{"a":"\\u0000"}', 'nul-character'],
    ['{"\\ud800":1}', 'lone-surrogate'],
    ['{"a":"\ud800"}', 'lone-surrogate'],
    ['{"a":1e131072}', 'number-range'],
    ['{"a":1e131071,"b":1e131071,"c":1e1}', 'number-expansion'],
    [nested(65), 'max-depth'],
    [`{"a":"${'x'.repeat(4_089)}"}`, 'max-length'],
    [`{"a":"${'ä'.repeat(2_045)}"}`, 'max-length'],
  ])('is refused: %.30s', (text, rule) => expect(contains(text)).toEqual([`/query/contains ${rule}`]));
});

describe('parseTailQuery', () => {
  const tail = (queryString: string) => short(parseTailQuery(parseQueryString(queryString)));

  it('reads every parameter', () => {
    expect(tail('')).toEqual({ topic: [] });
    expect(tail('topic=a&topic=b&source=s&contains=%7B%22a%22%3A1%7D')).toEqual({
      topic: ['a', 'b'],
      source: 's',
      contains: '{"a":1}',
    });
  });

  it.each([
    ['topic=', ['/query/topic min-length']],
    ['source=a&source=b', ['/query/source repeated']],
    ['limit=1', ['/query/limit unknown-parameter']],
  ])('refuses %s', (query, violations) => expect(tail(query)).toEqual(violations));
});

describe('parseBatchesQuery', () => {
  const batches = (queryString: string) => short(parseBatchesQuery(parseQueryString(queryString)));

  it('reads ids and writes them in lower case', () => {
    expect(batches(`batch_id=${UUID.toUpperCase()}&batch_id=${UUID}`)).toEqual({ batch_id: [UUID, UUID] });
    expect(batches(`batch_id=${UUID}&`.repeat(100))).toMatchObject({ batch_id: { length: 100 } });
  });

  it.each([
    ['', ['/query/batch_id required']],
    ['batch_id=', ['/query/batch_id uuid']],
    [`batch_id=${UUID}&batch_id=1`, ['/query/batch_id uuid']],
    [`batch_id=%7B${UUID}%7D`, ['/query/batch_id uuid']],
    [`batch_id=${UUID.replaceAll('-', '')}`, ['/query/batch_id uuid']],
    [`batch_id=${UUID}%0A`, ['/query/batch_id uuid']],
    [`batch_id=${UUID}&`.repeat(101), ['/query/batch_id max-items']],
    [`batch_id=${UUID}&limit=1`, ['/query/limit unknown-parameter']],
  ])('refuses %s', (query, violations) => expect(batches(query)).toEqual(violations));
});
