import { expect, it } from 'vitest';
import { parseStat, peakBytes, sumOfTree, treeCpuSeconds } from './cpu.ts';

it('reads a line of /proc, whatever the process is called', () => {
  const line = '42 (a) b (c)) S 7 42 42 0 -1 4194560 1 2 3 4 150 50 30 20 20 0 1 0 100 0 0';
  expect(parseStat(line)).toEqual({ pid: 42, parent: 7, seconds: 2.5 });
});

it('sums a process and its descendants, in any order, and no others', () => {
  const all = [
    { pid: 4, parent: 3, seconds: 4 },
    { pid: 3, parent: 2, seconds: 2 },
    { pid: 2, parent: 1, seconds: 1 },
    { pid: 9, parent: 1, seconds: 100 },
  ];
  expect(sumOfTree(all, 2)).toBe(7);
  expect(sumOfTree(all, 5)).toBe(0);
});

it.runIf(process.platform === 'linux')('measures this very process', () => {
  const before = treeCpuSeconds(process.pid) ?? Number.NaN;
  const used = (): number => process.cpuUsage().user;
  const enough = used() + 50_000;
  while (used() < enough);
  expect(treeCpuSeconds(process.pid)).toBeGreaterThan(before);
  expect(peakBytes(process.pid)).toBeGreaterThan(10_000_000);
});
