import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PAYLOAD_DEPTH } from './limits.ts';
import { parseEvent } from './parse-event.ts';
import { anyEvent, bytes, EVENT, outcomeOf, withPayload } from './testing/samples.ts';

const LINE = JSON.stringify(EVENT);

/** The outcome in short: each violation as "pointer rule". */
function outcomeOfLine(line: string | Uint8Array): string | string[] {
  const parsed = parseEvent(typeof line === 'string' ? bytes(line) : line);
  if (parsed.outcome !== 'invalid') return parsed.outcome;
  return parsed.violations.map(({ pointer, rule }) => `${pointer} ${rule}`);
}

const lineWith = (payload: string): string => withPayload(payload).slice('{"events":['.length, -2);

it('takes what a batch takes, and refuses what it refuses', () => {
  const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  const payloads = [
    '{"a":1}',
    '{"a":"\\u0000"}',
    '{"\\ud800":1}',
    '{"a":1e131073}',
    '{"a":[1e131071,1e131071,1e131071]}',
    nested(MAX_PAYLOAD_DEPTH),
    nested(MAX_PAYLOAD_DEPTH + 1),
    '[]',
    '{"a":1,}',
  ];
  for (const payload of payloads) {
    const inBatch = outcomeOf(withPayload(payload));
    const alone = outcomeOfLine(lineWith(payload));
    const expected =
      typeof inBatch === 'string' ? inBatch : inBatch.map((text) => text.replace('/events/0', ''));
    expect(alone, payload).toEqual(expected);
  }
});

it('takes any event', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      expect(outcomeOfLine(JSON.stringify(event))).toBe('valid');
    }),
  );
});

describe('refuses what would be events only together with other lines', () => {
  it.each([
    ['two events', `${LINE},${LINE}`],
    ['the end of a list of events', `${LINE}],"x":[${LINE}`],
    ['the beginning of an event', LINE.slice(0, 20)],
    ['the rest of an event', LINE.slice(20)],
    ['an event and a comma', `${LINE},`],
    ['nothing', ''],
    ['white space', ' \t\r'],
    ['a byte order mark', `\ufeff${LINE}`],
    ['a byte of value 0', `\0${LINE}`],
    ['a part of a character', new Uint8Array([...bytes('{"topic":"'), 0xc3, ...bytes('"}')])],
  ])('%s', (_, line) => {
    expect(outcomeOfLine(line)).toBe('malformed');
  });

  it.each([
    ['an array of events', `[${LINE}]`],
    ['a batch', `{"events":[${LINE}]}`],
    ['null', 'null'],
  ])('%s', (_, line) => {
    expect(outcomeOfLine(line)).toContainEqual(expect.stringMatching(/ (type|required)$/));
  });
});

it('says how many digits its numbers with an exponent have', () => {
  expect(parseEvent(bytes(lineWith('{"a":1e9,"b":25,"c":1.5e-3}')))).toEqual({
    outcome: 'valid',
    topic: expect.any(String),
    writtenOutDigits: 10 + 5,
  });
});

it('says that a byte order mark is none of JSON', () => {
  expect(parseEvent(bytes(`\ufeff${LINE}`))).toEqual({
    outcome: 'malformed',
    detail: 'The line begins with a byte order mark, which JSON has not.',
  });
});
