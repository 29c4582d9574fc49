import { describe, expect, it } from 'vitest';
import { MAX_PAYLOAD_DEPTH } from './limits.ts';
import { bytes, EVENT, outcomeOf, parse, withPayload } from './testing/samples.ts';

function body(...events: unknown[]): string {
  return JSON.stringify({ events });
}

describe('a valid request', () => {
  it('is returned as parsed', () => {
    expect(parse(body(EVENT))).toEqual({ outcome: 'valid', request: { events: [EVENT] } });
  });

  it('may have 1 to maxEvents events', () => {
    expect(outcomeOf(body(EVENT), 1)).toBe('valid');
    expect(outcomeOf(body(EVENT, EVENT), 2)).toBe('valid');
    expect(outcomeOf(body(EVENT, EVENT, EVENT), 2)).toEqual(['/events max-items']);
    expect(outcomeOf(body(...new Array(1500).fill(EVENT)), 1500)).toBe('valid');
    expect(outcomeOf(body())).toEqual(['/events min-items']);
  });

  it('may have properties that are ignored', () => {
    expect(
      outcomeOf(`{"v":[{"a":null}],"events":[{"trace":1,${JSON.stringify(EVENT).slice(1)}],"w":""}`),
    ).toBe('valid');
  });

  it('may hold the bytes of a larger buffer', () => {
    const padded = bytes(`xx${body(EVENT)}xx`);
    expect(outcomeOf(padded.subarray(2, -2))).toBe('valid');
  });
});

describe('an invalid request', () => {
  it.each(['null', '1', '"events"', '[]', 'true'])('%s is no object', (text) => {
    expect(outcomeOf(text)).toEqual([' type']);
  });

  it.each([
    ['{}', '/events required'],
    ['{"Events":[]}', '/events required'],
    ['{"events":null}', '/events type'],
    ['{"events":{"0":{}}}', '/events type'],
    ['{"events":[1]}', '/events/0 type'],
    ['{"events":[[]]}', '/events/0 type'],
  ])('%s: %s', (text, violation) => expect(outcomeOf(text)).toEqual([violation]));

  it.each(['topic', 'event_id', 'source'] as const)('%s has 1 to 255 characters', (field) => {
    const outcome = (value: unknown) => outcomeOf(body(EVENT, { ...EVENT, [field]: value }));
    for (const length of [1, 128, 255]) {
      expect(outcome('a'.repeat(length))).toBe('valid');
      expect(outcome('😀'.repeat(length))).toBe('valid');
    }
    expect(outcome('')).toEqual([`/events/1/${field} min-length`]);
    expect(outcome('a'.repeat(256))).toEqual([`/events/1/${field} max-length`]);
    expect(outcome('😀'.repeat(256))).toEqual([`/events/1/${field} max-length`]);
    expect(outcome(`${'😀'.repeat(255)}a`)).toEqual([`/events/1/${field} max-length`]);
    expect(outcome(undefined)).toEqual([`/events/1/${field} required`]);
    for (const value of [null, 1, {}, ['a']]) expect(outcome(value)).toEqual([`/events/1/${field} type`]);
  });

  it('has a timestamp that is none', () => {
    const outcome = (timestamp: unknown) => outcomeOf(body({ ...EVENT, timestamp }));
    expect(outcome('2026-02-29T00:00:00Z')).toEqual(['/events/0/timestamp timestamp']);
    expect(outcome('')).toEqual(['/events/0/timestamp timestamp']);
    expect(outcome(1_769_860_800)).toEqual(['/events/0/timestamp type']);
    expect(outcome(undefined)).toEqual(['/events/0/timestamp required']);
  });

  it.each(['[]', 'null', '"{}"', '1'])('has the payload %s', (payload) => {
    expect(outcomeOf(withPayload(payload))).toEqual(['/events/0/payload type']);
  });

  it('lists every broken rule, and both kinds', () => {
    const events = [{ ...EVENT, topic: '', payload: { a: ['\0'] } }, EVENT, { ...EVENT, source: 1 }, {}];
    expect(outcomeOf(body(...events))).toEqual([
      '/events/0/payload/a/0 nul-character',
      '/events/0/topic min-length',
      '/events/2/source type',
      '/events/3/topic required',
      '/events/3/event_id required',
      '/events/3/timestamp required',
      '/events/3/source required',
      '/events/3/payload required',
    ]);
  });

  it('lists at most 100', () => {
    expect(outcomeOf(body(...new Array(1000).fill({})))).toHaveLength(100);
    expect(outcomeOf(body(...new Array(99).fill({ ...EVENT, topic: '\0' }), {}))).toHaveLength(100);
  });

  it('says the rule and the limit and never repeats the value', () => {
    const long = 'secret'.repeat(100);
    const payload = { [`\0${long}`]: `\ud800${long}` };
    const parsed = parse(body({ topic: long, event_id: '', timestamp: long, source: [long], payload }));
    expect(parsed).toMatchObject({
      violations: [
        { detail: 'In a key: The character U+0000 cannot be stored.' },
        { detail: 'Half of a surrogate pair is no character and cannot be stored.' },
        { detail: 'It may have at most 255 characters.' },
        { detail: 'It must not be empty.' },
        { detail: expect.stringContaining('RFC 3339') },
        { detail: 'It must be a string.' },
      ],
    });
    expect(JSON.stringify(parsed)).not.toContain('secret');
  });
});

describe('fields from elsewhere', () => {
  it('do not come from a prototype', () => {
    expect(outcomeOf(`{"events":[{"__proto__":${JSON.stringify(EVENT)}}]}`)).toHaveLength(5);
    expect(outcomeOf(`{"__proto__":${body(EVENT)}}`)).toEqual(['/events required']);
    expect(outcomeOf(`{"__proto__":{"events":[1]},${body(EVENT).slice(1)}`)).toBe('valid');
  });

  it('may be named __proto__ in a payload', () => {
    const parsed = parse(withPayload('{"__proto__":{"a":1}}'));
    expect(parsed.outcome === 'valid' && JSON.stringify(parsed.request.events[0]?.payload)).toBe(
      '{"__proto__":{"a":1}}',
    );
  });
});

describe('the rules for the whole document', () => {
  const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;

  it('a payload is nested at most 64 levels deep', () => {
    expect(outcomeOf(withPayload(nested(MAX_PAYLOAD_DEPTH)))).toBe('valid');
    expect(outcomeOf(withPayload(nested(MAX_PAYLOAD_DEPTH + 1)))).toEqual([
      `/events/0/payload${'/a'.repeat(64)} max-depth`,
    ]);
  });

  it.each([
    ['an ignored property', `{"x":"\\u0000",${body(EVENT).slice(1)}`, '/x nul-character'],
    [
      'an ignored property of an event',
      `{"events":[{"x":["\\udc00"],${JSON.stringify(EVENT).slice(1)}]}`,
      '/events/0/x/0 lone-surrogate',
    ],
    [
      'an overridden field',
      `{"events":[{"topic":"\\u0000",${JSON.stringify(EVENT).slice(1)}]}`,
      '/events/0/topic nul-character',
    ],
    [
      'an overridden list of events',
      `{"events":[1e-20000],${body(EVENT).slice(1)}`,
      '/events/0 number-range',
    ],
    ['an ignored key', `{"\\u0000":1,${body(EVENT).slice(1)}`, ' nul-character'],
    ['an ignored nesting', `{"x":${nested(67)},${body(EVENT).slice(1)}`, `/x${'/a'.repeat(66)} max-depth`],
  ])('hold for %s', (_, text, violation) => expect(outcomeOf(text)).toEqual([violation]));

  it('numbers fit jsonb', () => {
    for (const number of [
      '1e400',
      '9007199254740993',
      '0.1000000000000000000001',
      '1e131071',
      '1e-16383',
      '-0.0',
    ]) {
      expect(outcomeOf(withPayload(`{"n":${number}}`))).toBe('valid');
    }
    for (const number of ['1e131072', '1e-16384', '1e99999999999', '7'.repeat(131_073)]) {
      expect(outcomeOf(withPayload(`{"a":[0,${number}]}`))).toEqual(['/events/0/payload/a/1 number-range']);
    }
  });

  it('numbers do not grow beyond measure when they are read back', () => {
    const numbers = new Array(10_000).fill('1e131071').join(',');
    expect(outcomeOf(withPayload(`{"a":[${numbers}]}`))).toEqual(['/events/0/payload/a/2 number-expansion']);
  });
});
