import type { Stack } from '@oncelog/local-stack';
import { treeCpuSeconds } from '../cpu.ts';

/** CPU seconds; all consumers together. */
export type CpuByProcess = Readonly<Record<string, number>>;

/** What the stack's processes have used so far. */
export function readCpu(stack: Stack): CpuByProcess | undefined {
  const sums: Record<string, number> = {};
  for (const { name, pid } of stack.processes) {
    const seconds = treeCpuSeconds(pid);
    if (seconds === undefined) return undefined;
    const group = name.startsWith('consumer-') ? 'consumers' : name;
    sums[group] = (sums[group] ?? 0) + seconds;
  }
  return sums;
}

export function cpuSince(stack: Stack, before: CpuByProcess | undefined): CpuByProcess | undefined {
  const after = readCpu(stack);
  if (after === undefined || before === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]),
  );
}
