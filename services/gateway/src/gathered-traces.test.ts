import { expect, it } from 'vitest';
import { withTraceparent } from './gathered-traces.ts';

const trace = (n: number, sampled = true) =>
  `00-${'a'.repeat(32)}-${String(n).padStart(16, '0')}-0${sampled ? 1 : 0}`;

function gathered(traceparents: readonly string[]): readonly string[] | undefined {
  let kept: readonly string[] | undefined;
  for (const traceparent of traceparents) kept = withTraceparent(kept, traceparent);
  return kept;
}

const range = (length: number) => Array.from({ length }, (_, n) => n + 1);

it('keeps the traces of up to sixteen requests, in order', () => {
  const all = range(20).map((n) => trace(n));
  expect(gathered(all.slice(0, 3))).toEqual(all.slice(0, 3));
  expect(gathered(all)).toEqual(all.slice(0, 16));
});

it('prefers those that somebody records', () => {
  const unrecorded = range(16).map((n) => trace(n, false));
  expect(gathered([...unrecorded, trace(17), trace(18, false)])).toEqual([trace(17), ...unrecorded.slice(1)]);
});
