import { type Entry, MAX_TRACEPARENTS } from '@oncelog/event-stream';
import { isSampled, readTraceparent, traceIdOf } from '@oncelog/service-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { traceIdFields, tracesOf } from './entry-traces.ts';

const entryOf = (traceparents?: readonly string[]): Entry => ({
  kind: 'batch',
  id: '1-0',
  batchId: '018f2b6e-7c1a-7000-8000-000000000001',
  events: 1,
  epoch: '1',
  body: Buffer.alloc(0),
  traceparents,
});

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
/** As the stream's reader lets them through: zero IDs are among them. */
const traceparent = fc
  .tuple(fc.oneof(hex(32), fc.constant('0'.repeat(32))), hex(16), hex(2))
  .map(([traceId, spanId, flags]) => `00-${traceId}-${spanId}-${flags}`);

it('takes from any entry only what is valid', () => {
  fc.assert(
    fc.property(fc.array(traceparent, { minLength: 1, maxLength: MAX_TRACEPARENTS }), (traceparents) => {
      const traces = tracesOf(entryOf(traceparents));
      expect(traces).toEqual(traceparents.map(readTraceparent).filter((text) => text !== undefined));
      for (const trace of traces) expect(trace).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    }),
  );
});

describe('readTraceparent', () => {
  const id = (length: number) => hex(length).filter((text) => /[^0]/.test(text));

  it('takes whatever is valid, and gives its IDs back', () => {
    fc.assert(
      fc.property(id(32), id(16), hex(2), (traceId, spanId, flags) => {
        const read = readTraceparent(`00-${traceId}-${spanId}-${flags}`) ?? '';
        expect(read.slice(0, -2)).toBe(`00-${traceId}-${spanId}-`);
        expect(isSampled(read)).toBe(Number.parseInt(flags, 16) % 2 === 1);
        expect(readTraceparent(read)).toBe(read);
      }),
    );
  });

  it('answers any text with a valid traceparent or none', () => {
    const part = fc.oneof(fc.string(), hex(2), id(32), id(16), fc.constantFrom('00', 'ff', '-', '01'));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const read = readTraceparent(parts.join('-'));
        if (read !== undefined)
          expect(read).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/);
      }),
    );
  });
});

describe('the trace IDs of a log line', () => {
  const trace = (n: number) => `00-${String(n).padStart(32, '0')}-b7ad6b7169203331-01`;
  const idOf = (n: number) => traceIdOf(trace(n));
  const foreign: Entry = { kind: 'foreign', id: '1-1', fields: [] };

  it.each([
    ['none of entries without a trace', [entryOf(), foreign], undefined],
    [
      'one of several entries of one trace',
      [entryOf([trace(1)]), entryOf([trace(1)])],
      { trace_id: idOf(1) },
    ],
    ['several', [entryOf([trace(1)]), entryOf([trace(2), trace(3)])], { trace_ids: [1, 2, 3].map(idOf) }],
  ])('%s', (_, entries, fields) => {
    expect(traceIdFields(entries)).toEqual(fields);
  });

  it('are sixteen at most', () => {
    const entries = Array.from({ length: 500 }, (_, n) => entryOf([trace(n + 1), trace(n + 1_000)]));
    expect(traceIdFields(entries)).toMatchObject({ trace_ids: { length: MAX_TRACEPARENTS } });
  });
});
