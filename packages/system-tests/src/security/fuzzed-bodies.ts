import fc from 'fast-check';

// Bodies for POST /publish that are nearly right: a text of the corpus, changed in a few places.

const EVENT = {
  topic: 'fuzz.orders',
  event_id: 'e-1',
  timestamp: '2026-01-31T12:00:00.123456+01:00',
  source: 'fuzz',
  payload: { total: 12.5, big: 9007199254740991, list: [1, 'two', null, true, { é: '💥' }], '': {} },
};

/** What bodies are made of. Each is valid as it is. */
const CORPUS: readonly string[] = [
  JSON.stringify({ events: [EVENT] }),
  JSON.stringify({ events: [EVENT, { ...EVENT, event_id: 'e-2' }] }, null, 2),
  JSON.stringify({ note: ['ignored'], events: [{ ...EVENT, extra: { a: [[]] } }], more: -0.5e-3 }),
  `{"events":0,"events":[{"topic":"t","topic":"fuzz","event_id":"d","timestamp":"2026-01-01t00:00:00z","source":"s","payload":[],"payload":{"a":1,"a":2}}]}`,
  String.raw`{"\u0065vents":[{"topic":"\u00e9\ud83d\udca5\/","event_id":"\"\\","timestamp":"0001-01-01T00:00:00Z","source":"\b\f\n\r\t","payload":{"__proto__":{"a":1e2},"constructor":-0,"n":1.50e+3}}]}`,
];

/** JSON values: what matters to parsers and to Postgres, at its limits. */
const VALUES: readonly string[] = [
  '0',
  '-0',
  '1e400',
  '-1E-400',
  '1e131071',
  '1e131072',
  '1e16383',
  '1e-16383',
  '1e-16384',
  '0e999999999',
  '1e1073741823',
  '1e1073741824',
  '9223372036854775808',
  '123456789012345678901234567890.123456789012345678901234567890',
  '0.1e1',
  'null',
  'true',
  '""',
  '"\\u0000"',
  '"\\u0001"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\ud83d\\ude00"',
  '"\\uffff"',
  '"\u007f\u0085\u2028\ufeff"',
  '{}',
  '[]',
  '{"":""}',
  '{"a":{"a":{"a":[]}}}',
  '{"\\u0000":1}',
  '{"\\ud800":1}',
  '{"__proto__":null}',
  `${'['.repeat(64)}${']'.repeat(64)}`,
  `${'{"a":'.repeat(63)}1${'}'.repeat(63)}`,
  `${'{"a":'.repeat(64)}1${'}'.repeat(64)}`,
  `"${'x'.repeat(255)}"`,
  `"${'x'.repeat(256)}"`,
  `"${'💥'.repeat(255)}"`,
  `"${'💥'.repeat(256)}"`,
  '"2026-02-29T00:00:00Z"',
  '"2024-02-29T23:59:60Z"',
  '"9999-12-31T23:59:59.999999Z"',
  '"9999-12-31T23:59:59.9999999Z"',
  '"9999-12-31T23:59:59-00:01"',
  '"0001-01-01T00:00:00+00:01"',
  '"0000-01-01T00:00:00Z"',
  '"2026-01-01T00:00:00+15:59"',
  '"2026-01-01T00:00:00+16:00"',
  '"2026-01-01T24:00:00Z"',
  '"2026-01-01 00:00:00Z"',
  '"now"',
  '"infinity"',
  '"2026-01-01T00:00:00.1234567890123Z"',
  '"2026-01-01T00:00:60.5Z"',
  '"2026-01-01T00:00:00-00:00"',
];

/** What looks like one and is none. */
const NO_VALUES: readonly string[] = [
  '00',
  '01',
  '.5',
  '1.',
  '+1',
  '-',
  '1e',
  'NaN',
  'Infinity',
  'nul',
  'True',
  '"',
  '"a',
  "'a'",
  '"\\u00"',
  '"\\x"',
  '"\u0000"',
  '"\n"',
  '{',
  '[',
  '{"a":1,}',
  '[1,]',
  '[,]',
  '{"a":}',
];

/** Texts that stand for nothing in particular. */
const PIECES: readonly string[] = [
  ' ',
  '\t',
  '\n',
  '\r',
  '\f',
  '\u00a0',
  '\ufeff',
  '\u0000',
  ',',
  ':',
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '/',
  '//',
  '/**/',
  '#',
  'u0000',
  'e',
  'E',
  '-',
  '.',
  '0',
  '9',
  '\u001b',
  '\u2028',
];

/** One change of a text; places are numbers that are taken modulo what there is. */
type Change =
  | { readonly kind: 'value'; readonly at: number; readonly text: string }
  | { readonly kind: 'insert'; readonly at: number; readonly text: string }
  | { readonly kind: 'remove'; readonly at: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number }
  | { readonly kind: 'byte'; readonly at: number; readonly byte: number };

const at = fc.nat({ max: 100_000 });
const length = fc.integer({ min: 1, max: 12 });
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('value'), at, text: fc.constantFrom(...VALUES) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('value'), at, text: fc.constantFrom(...NO_VALUES) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('insert'), at, text: fc.constantFrom(...PIECES) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove'), at, length }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat'), at, length }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('byte'), at, byte: fc.nat({ max: 255 }) }) },
);

/** Bodies of one event or some, valid or nearly. */
export const fuzzedBody: fc.Arbitrary<Buffer> = fc
  .tuple(fc.constantFrom(...CORPUS), fc.array(change, { minLength: 1, maxLength: 3 }))
  .map(([text, changes]) => changes.reduce(changed, Buffer.from(text)));

/** A key, which stays; or a string, a number, a word or an empty pair of brackets, which another value takes the place of. */
const TOKEN = /"(?:[^"\\]|\\.)*"\s*:|("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|\{\}|\[\])/g;

function changed(body: Buffer, change: Change): Buffer {
  if (change.kind === 'value') {
    const text = body.toString('latin1');
    const tokens = [...text.matchAll(TOKEN)].filter(([, value]) => value !== undefined);
    const token = tokens[change.at % Math.max(1, tokens.length)];
    if (token === undefined) return body;
    return spliced(body, [token.index, token[0].length], Buffer.from(change.text));
  }
  const place = change.at % (body.length + 1);
  switch (change.kind) {
    case 'insert':
      return spliced(body, [place, 0], Buffer.from(change.text));
    case 'remove':
      return spliced(body, [place, change.length], Buffer.alloc(0));
    case 'repeat':
      return spliced(body, [place, 0], body.subarray(place, place + change.length));
    case 'byte':
      return spliced(body, [place, 1], Buffer.from([change.byte]));
  }
}

function spliced(body: Buffer, [start, length]: readonly [number, number], text: Buffer): Buffer {
  return Buffer.concat([body.subarray(0, start), text, body.subarray(start + length)]);
}
