import { createLogger } from '@oncelog/service-kit';
import { expect, it, vi } from 'vitest';
import { createLineLimit } from './line-limit.ts';

it('admits so many lines of each kind a second, and then says how many were left out', async () => {
  const lines: { kind: string; lines: number }[] = [];
  const log = createLogger('gateway', 'info', { write: (line: string) => lines.push(JSON.parse(line)) });
  const limit = createLineLimit({ log }, 3);
  const admitted = (kind: string, times: number) =>
    Array.from({ length: times }, () => limit.admits(kind)).filter(Boolean).length;
  expect([admitted('rate-limited', 100), admitted('not-found', 2), admitted('rate-limited', 5)]).toEqual([
    3, 2, 0,
  ]);
  expect(lines).toEqual([]);
  await vi.waitFor(() => expect(lines).toHaveLength(1), 10_000);
  expect(lines[0]).toMatchObject({ kind: 'rate-limited', lines: 102 });
  expect(admitted('rate-limited', 1)).toBe(1);
});
