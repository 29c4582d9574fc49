import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyEvent, anyName, outcomeOf, parse } from './testing/samples.ts';

const anyBatch = fc.array(anyEvent, { minLength: 1, maxLength: 5 });

it('accepts every valid request and returns what JSON.parse returns', () => {
  fc.assert(
    fc.property(anyBatch, fc.constantFrom(undefined, 2, '\t'), (events, indent) => {
      const text = JSON.stringify({ events }, null, indent);
      expect(parse(text)).toEqual({ outcome: 'valid', request: JSON.parse(text) });
    }),
    { numRuns: 1000 },
  );
});

const notString = fc.constantFrom(null, true, 12, {}, ['a']);
const brokenName = fc.oneof(
  notString.map((value) => ({ value, rule: 'type' })),
  fc.constant({ value: undefined, rule: 'required' }),
  fc.constant({ value: '', rule: 'min-length' }),
  fc.integer({ min: 256, max: 600 }).map((length) => ({ value: 'é'.repeat(length), rule: 'max-length' })),
  anyName.map((name) => ({ value: [...name].with(-1, '\0').join(''), rule: 'nul-character' })),
  anyName.map((name) => ({ value: [...name].with(0, '\udc00').join(''), rule: 'lone-surrogate' })),
);
const brokenField = fc.oneof(
  fc.tuple(fc.constantFrom('topic', 'event_id', 'source'), brokenName),
  fc.tuple(
    fc.constant('timestamp'),
    fc.oneof(
      notString.map((value) => ({ value, rule: 'type' })),
      fc.constantFrom('', 'now', '2026-02-30T00:00:00Z', '2026-01-01T00:00:00').map((value) => ({
        value,
        rule: 'timestamp',
      })),
    ),
  ),
  fc.tuple(
    fc.constant('payload'),
    fc.constantFrom(null, 'a', 1, []).map((value) => ({ value, rule: 'type' })),
  ),
);

it('refuses a request with one broken field, and points at it', () => {
  fc.assert(
    fc.property(anyBatch, fc.nat(), brokenField, (events, at, [field, { value, rule }]) => {
      const index = at % events.length;
      const broken = events.with(index, { ...(events[index] as (typeof events)[0]), [field]: value });
      expect(outcomeOf(JSON.stringify({ events: broken }))).toEqual([`/events/${index}/${field} ${rule}`]);
    }),
    { numRuns: 1000 },
  );
});

it('never throws and never accepts what JSON.parse refuses, whatever bytes come', () => {
  const damaged = fc
    .tuple(anyBatch, fc.nat(), fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 3 }))
    .map(([events, at, cut, inserted]) => {
      const bytes = new TextEncoder().encode(JSON.stringify({ events }));
      const index = at % bytes.length;
      return new Uint8Array([...bytes.subarray(0, index), ...inserted, ...bytes.subarray(index + cut)]);
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), damaged), (bytes) => {
      const parsed = parse(bytes);
      expect(parsed.outcome === 'malformed').toBe(!isJson(bytes));
    }),
    { numRuns: 2000 },
  );
});

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}
