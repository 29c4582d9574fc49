import { describe, expect, it } from 'vitest';
import { bytes, EVENT, outcomeOf, parse, withPayload } from './testing/samples.ts';

/**
 * The categories of JSONTestSuite (Nicolas Seriot, "Parsing JSON is a minefield"), each in a body that would
 * be accepted without the flaw.
 */
const VALID = JSON.stringify({ events: [EVENT] });

function withBytes(...inserted: number[]): Uint8Array {
  const [before, after] = withPayload('{"a":"HERE"}').split('HERE') as [string, string];
  return new Uint8Array([...bytes(before), ...inserted, ...bytes(after)]);
}

function utf16(text: string, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), littleEndian);
  return new Uint8Array(view.buffer);
}

describe('malformed', () => {
  it.each([
    ['nothing', ''],
    ['white space', ' \n\t'],
    ['a trailing comma in an object', withPayload('{"a":1,}')],
    ['a trailing comma in an array', withPayload('{"a":[1,]}')],
    ['a doubled comma', withPayload('{"a":[1,,2]}')],
    ['a leading comma', withPayload('{"a":[,1]}')],
    ['a missing comma', withPayload('{"a":1 "b":2}')],
    ['a missing colon', withPayload('{"a" 1}')],
    ['a missing value', withPayload('{"a":}')],
    ['a doubled colon', withPayload('{"a"::1}')],
    ['mismatched brackets', withPayload('{"a":[1}}')],
    ['a surplus bracket', `${VALID}}`],
    ['a second document', `${VALID}${VALID}`],
    ['text after the document', `${VALID} x`],
    ['a byte of value 0 after the document', `${VALID}\0`],
    ['NaN', withPayload('{"a":NaN}')],
    ['Infinity', withPayload('{"a":Infinity}')],
    ['-Infinity', withPayload('{"a":-Infinity}')],
    ['undefined', withPayload('{"a":undefined}')],
    ['True', withPayload('{"a":True}')],
    ['a leading zero', withPayload('{"a":01}')],
    ['a leading zero after a sign', withPayload('{"a":-01}')],
    ['a plus sign', withPayload('{"a":+1}')],
    ['a lone minus sign', withPayload('{"a":-}')],
    ['a number without integer part', withPayload('{"a":.5}')],
    ['a number without fraction', withPayload('{"a":1.}')],
    ['a number without exponent', withPayload('{"a":1e}')],
    ['a hexadecimal number', withPayload('{"a":0x10}')],
    ['a number with separators', withPayload('{"a":1_000}')],
    ['a full-width digit', withPayload('{"a":１}')],
    ['single quotes', withPayload("{'a':1}")],
    ['an unquoted key', withPayload('{a:1}')],
    ['a number as key', withPayload('{1:1}')],
    ['a line comment', `${VALID}// comment`],
    ['a block comment', withPayload('{/* comment */}')],
    ['a hash comment', `${VALID}\n# comment`],
    ['an unterminated string', '{"events'],
    ['a line feed in a string', withPayload('{"a":"\n"}')],
    ['a tab in a string', withPayload('{"a":"\t"}')],
    ['U+0000 in a string', withPayload('{"a":"\0"}')],
    ['a wrong escape', withPayload('{"a":"\\x41"}')],
    ['a short escape', withPayload('{"a":"\\u00"}')],
    ['an escape that is not hexadecimal', withPayload('{"a":"\\u00g0"}')],
    ['a backslash before the closing quote', withPayload('{"a":"\\"}')],
    ['an escaped bracket', `\\${VALID}`],
    ['a form feed as white space', `\f${VALID}`],
    ['a no-break space as white space', `\u00a0${VALID}`],
    ['a byte order mark', `\ufeff${VALID}`],
    ['100,000 open brackets', '['.repeat(100_000)],
    ['100,000 open objects', '{"a":'.repeat(100_000)],
  ])('%s', (_, text) => expect(outcomeOf(text)).toBe('malformed'));

  it('truncated at any byte', () => {
    for (let length = 0; length < VALID.length; length++) {
      expect(outcomeOf(VALID.slice(0, length))).toBe('malformed');
    }
  });

  it.each([
    ['a lone continuation byte', [0x80]],
    ['a truncated sequence', [0xe2, 0x82]],
    ['a byte that UTF-8 never has', [0xff]],
    ['Latin-1', [0xe9]],
    ['an overlong slash of two bytes', [0xc0, 0xaf]],
    ['an overlong slash of three bytes', [0xe0, 0x80, 0xaf]],
    ['an overlong U+0000', [0xc0, 0x80]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['an encoded surrogate pair', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ['a character beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ])('%s in a string', (_, inserted) => {
    expect(parse(withBytes(...inserted))).toEqual({
      outcome: 'malformed',
      detail: 'The body is not valid UTF-8.',
    });
  });

  it.each([
    ['UTF-16, little endian', utf16(VALID, true)],
    ['UTF-16, big endian', utf16(VALID, false)],
    ['UTF-16 with a byte order mark', utf16(`\ufeff${VALID}`, true)],
    ['the first byte of a byte order mark', new Uint8Array([0xef, ...bytes(VALID)])],
  ])('%s', (_, body) => expect(outcomeOf(body)).toBe('malformed'));

  it('says where, and does not repeat the body', () => {
    const detailOf = (text: string) => {
      const parsed = parse(text);
      return parsed.outcome === 'malformed' && parsed.detail;
    };
    expect(detailOf('')).toBe('The body is empty.');
    expect(detailOf('{"secret":1,}')).toBe('The body is not valid JSON: see character 12, counted from 0.');
    expect(detailOf('{"secret":secret}')).toBe('The body is not valid JSON.');
  });
});

describe('valid', () => {
  it.each([
    [
      'white space everywhere',
      ` \t\r\n${VALID.replace(/[[\]{}:,]/g, ' $& ').replaceAll(' : 00 : 00Z', ':00:00Z')}\n`,
    ],
    ['an escaped key', VALID.replace('"topic"', '"\\u0074opic"').replace('"events"', '"\\u0065vents"')],
    ['an empty key', withPayload('{"":0}')],
    ['every simple escape', withPayload('{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t"}')],
    ['escaped control characters', withPayload('{"a":"\\u0001\\u001f\\u007f"}')],
    ['a surrogate pair', withPayload('{"a":"\\ud83d\\ude00"}')],
    ['characters that are none', withPayload('{"a":"\\uffff\\ufdd0"}')],
    ['raw U+2028, U+FEFF, U+10FFFF', withPayload('{"a":"\u2028\ufeff\u{10ffff}"}')],
    ['raw DEL', withPayload('{"a":"\x7f"}')],
    ['minus zero', withPayload('{"a":[-0,-0.0,-0e5]}')],
    ['large exponents', withPayload('{"a":[1e400,-1E+400,1e-400,1.5e131071]}')],
    ['integers beyond 2^53', withPayload('{"a":[9007199254740993,123456789012345678901234567890]}')],
  ])('%s', (_, text) => expect(outcomeOf(text)).toBe('valid'));

  it('duplicate keys: the last one counts, as in Postgres', () => {
    const other = JSON.stringify({ ...EVENT, topic: 1, payload: [] }).slice(1, -1);
    const parsed = parse(`{"events":0,"events":[{${other},${JSON.stringify(EVENT).slice(1)}]}`);
    expect(parsed).toEqual({ outcome: 'valid', request: { events: [EVENT] } });
    expect(outcomeOf(`{"events":[{${JSON.stringify(EVENT).slice(1, -1)},"topic":1}]}`)).toEqual([
      '/events/0/topic type',
    ]);
    expect(outcomeOf(`{${VALID.slice(1, -1)},"events":null}`)).toEqual(['/events type']);
    expect(outcomeOf(withPayload('{"a":1,"a":2}'))).toBe('valid');
  });
});

describe('invalid', () => {
  it.each([
    [
      'nesting of 100,000 levels',
      withPayload(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
      `/events/0/payload/a${'/0'.repeat(63)} max-depth`,
    ],
    ['an escaped U+0000', withPayload('{"a":"\\u0000"}'), '/events/0/payload/a nul-character'],
    ['a lone high surrogate', withPayload('{"a":"\\ud800"}'), '/events/0/payload/a lone-surrogate'],
    ['a lone low surrogate', withPayload('{"a":"\\udfff"}'), '/events/0/payload/a lone-surrogate'],
    [
      'a pair in the wrong order',
      withPayload('{"a":"\\ude00\\ud83d"}'),
      '/events/0/payload/a lone-surrogate',
    ],
    ['a lone surrogate in a key', withPayload('{"\\ud800":1}'), '/events/0/payload lone-surrogate'],
    ['an absurd exponent', withPayload('{"a":1e999999}'), '/events/0/payload/a number-range'],
    [
      'an exponent with many zeros',
      withPayload(`{"a":1e${'0'.repeat(1000)}131072}`),
      '/events/0/payload/a number-range',
    ],
  ])('%s', (_, text, violation) => expect(outcomeOf(text)).toEqual([violation]));
});
