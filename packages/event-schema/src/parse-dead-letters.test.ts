import { parse as parseQueryString } from 'node:querystring';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ParsedDeadLetterReplay,
  parseDeadLetterDeletion,
  parseDeadLetterReplay,
  parseDeadLettersQuery,
} from './parse-dead-letters.ts';
import { bytes } from './testing/samples.ts';

const UUID = '0198c5d0-4b7e-7000-8000-0123456789ab';
const FIRST = '2026-01-01T00:00:00Z';
const SECOND = '2026-01-02T00:00:00Z';

function short(parsed: ParsedDeadLetterReplay): unknown {
  if (parsed.outcome === 'valid') return parsed.query;
  if (parsed.outcome === 'malformed') return parsed.outcome;
  return parsed.violations.map(({ pointer, rule }) => `${pointer} ${rule}`);
}

describe('parseDeadLettersQuery', () => {
  const letters = (search: string) => short(parseDeadLettersQuery(parseQueryString(search)));

  it('has a default', () => expect(letters('')).toEqual({ limit: 100 }));

  it('reads every parameter', () => {
    expect(
      letters(
        `code=23514&batch_id=${UUID.toUpperCase()}&since=${FIRST}&until=${SECOND}&state=open&limit=7&cursor=ab`,
      ),
    ).toEqual({
      code: '23514',
      batch_id: UUID,
      since: FIRST,
      until: SECOND,
      state: 'open',
      limit: 7,
      cursor: 'ab',
    });
    expect(letters('state=replayed')).toEqual({ state: 'replayed', limit: 100 });
  });

  it.each([
    ['topic=t', ['/query/topic unknown-parameter']],
    ['all=true', ['/query/all unknown-parameter']],
    ['state=closed', ['/query/state enum']],
    ['state=open&state=open', ['/query/state repeated']],
    ['code=', ['/query/code min-length']],
    ['code=%00', ['/query/code nul-character']],
    ['batch_id=7', ['/query/batch_id uuid']],
    ['since=yesterday&until=x', ['/query/since timestamp', '/query/until timestamp']],
    [`since=${SECOND}&until=${FIRST}`, ['/query/until empty-range']],
    ['limit=0&cursor=%3D', ['/query/cursor pattern', '/query/limit minimum']],
  ])('refuses %s', (search, violations) => expect(letters(search)).toEqual(violations));
});

describe('parseDeadLetterDeletion', () => {
  const deletion = (search: string) => short(parseDeadLetterDeletion(parseQueryString(search)));

  it('reads a filter, or all', () => {
    expect(deletion('code=foreign&limit=5')).toEqual({ code: 'foreign', limit: 5 });
    expect(deletion('state=replayed')).toEqual({ state: 'replayed', limit: 100 });
    expect(deletion('all=true')).toEqual({ all: true, limit: 100 });
  });

  it.each([
    ['', ['/query/all required']],
    ['limit=10', ['/query/all required']],
    ['all=false', ['/query/all enum']],
    ['all=', ['/query/all enum']],
    ['all=true&code=x', ['/query/all exclusive']],
    ['cursor=ab&code=x', ['/query/cursor unknown-parameter']],
    ['batch_id=7', ['/query/batch_id uuid']],
  ])('refuses %s', (search, violations) => expect(deletion(search)).toEqual(violations));
});

describe('parseDeadLetterReplay', () => {
  const replay = (body: string) => short(parseDeadLetterReplay(bytes(body)));

  it('reads a filter, or all', () => {
    expect(replay(`{"code":"23514","batch_id":"${UUID}","limit":5,"cursor":"ab"}`)).toEqual({
      code: '23514',
      batch_id: UUID,
      limit: 5,
      cursor: 'ab',
    });
    expect(replay(`{"since":"${FIRST}","until":"${SECOND}"}`)).toEqual({
      since: FIRST,
      until: SECOND,
      limit: 100,
    });
    expect(replay('{"all":true}')).toEqual({ all: true, limit: 100 });
  });

  it.each([
    ['', 'malformed'],
    ['{"code":', 'malformed'],
    ['[]', [' type']],
    ['null', [' type']],
    ['7', [' type']],
    ['{}', ['/all required']],
    ['{"limit":1}', ['/all required']],
    ['{"all":false}', ['/all enum']],
    ['{"all":"true"}', ['/all type']],
    ['{"all":true,"code":"x"}', ['/all exclusive']],
    ['{"code":7}', ['/code type']],
    ['{"code":["a","b"]}', ['/code type']],
    ['{"code":null,"since":{}}', ['/code type', '/since type']],
    ['{"code":"a","limit":"5"}', ['/limit type']],
    ['{"code":"a","limit":1.5}', ['/limit type']],
    ['{"code":"a","limit":1e3}', { code: 'a', limit: 1000 }],
    ['{"code":"a","limit":1001}', ['/limit maximum']],
    ['{"code":"a","limit":-1}', ['/limit type']],
    ['{"code":"a","state":"open"}', ['/state unknown-parameter']],
    ['{"code":"a","__proto__":"b"}', ['/__proto__ unknown-parameter']],
    ['{"code":"a","toString":7}', ['/toString unknown-parameter']],
    ['{"code":"\\ud800"}', ['/code lone-surrogate']],
  ])('%s', (body, outcome) => expect(replay(body)).toEqual(outcome));

  it('refuses an unknown name whose value cannot become text', () => {
    expect(parseDeadLetterReplay(Buffer.from('{"x":{"toString":{}}}'))).toMatchObject({ outcome: 'invalid' });
  });

  it('never throws, and never takes what names no filter for one', () => {
    const members = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value));
    const body = fc.oneof(fc.json(), fc.string(), members);
    fc.assert(
      fc.property(body, (text) => {
        expect(parseDeadLetterReplay(bytes(text)).outcome).not.toBe('valid');
      }),
    );
  });
});
