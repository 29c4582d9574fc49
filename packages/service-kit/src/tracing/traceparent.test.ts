import { describe, expect, it } from 'vitest';
import { isSampled, readTraceparent, spanIdOf, traceFields, traceIdOf } from './traceparent.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('readTraceparent', () => {
  it.each([
    ['sampled', `00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`],
    ['not sampled', `00-${TRACE}-${SPAN}-00`, `00-${TRACE}-${SPAN}-00`],
    ['with flags that version 00 does not know', `00-${TRACE}-${SPAN}-ff`, `00-${TRACE}-${SPAN}-01`],
    ['with only such flags', `00-${TRACE}-${SPAN}-02`, `00-${TRACE}-${SPAN}-00`],
    ['of a later version', `01-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`],
    [
      'of a later version with more in it',
      `cc-${TRACE}-${SPAN}-01-what-is-to-come`,
      `00-${TRACE}-${SPAN}-01`,
    ],
    ['of a later version that ends in a dash', `cc-${TRACE}-${SPAN}-00-`, `00-${TRACE}-${SPAN}-00`],
  ])('takes one that is %s', (_, given, read) => {
    expect(readTraceparent(given)).toBe(read);
  });

  it.each([
    ['nothing', ''],
    ['words', 'hello'],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['version 00 with more in it', `00-${TRACE}-${SPAN}-01-more`],
    ['version 00 with a dash behind it', `00-${TRACE}-${SPAN}-01-`],
    ['a later version with more behind its flags', `cc-${TRACE}-${SPAN}-01.more`],
    ['a trace ID of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span ID of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a version that is no number', `0x-${TRACE}-${SPAN}-01`],
    ['flags that are no number', `00-${TRACE}-${SPAN}-0x`],
    ['a short trace ID', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a long span ID', `00-${TRACE}-${SPAN}0-01`],
    ['a line break behind it', `00-${TRACE}-${SPAN}-01\n`],
    ['spaces around it', ` 00-${TRACE}-${SPAN}-01 `],
    ['two of them', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ])('takes none that has %s', (_, given) => {
    expect(readTraceparent(given)).toBeUndefined();
  });

  it('gives up at once on what is long', () => {
    expect(readTraceparent(`cc-${TRACE}-${SPAN}-01-${'-'.repeat(1e6)}\n`)).toBeUndefined();
  });
});

it('tells the parts of a valid one', () => {
  const read = readTraceparent(`00-${TRACE}-${SPAN}-01`) ?? '';
  expect([traceIdOf(read), spanIdOf(read), isSampled(read)]).toEqual([TRACE, SPAN, true]);
  expect(isSampled(readTraceparent(`00-${TRACE}-${SPAN}-00`) ?? '')).toBe(false);
});

it('gives log lines the names that OpenTelemetry has for them', () => {
  expect(traceFields(`00-${TRACE}-${SPAN}-01`)).toEqual({ trace_id: TRACE, span_id: SPAN });
  expect(traceFields(undefined)).toBeUndefined();
});
