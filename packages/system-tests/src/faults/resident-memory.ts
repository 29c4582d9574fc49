import { readFileSync } from 'node:fs';
import type { System } from '../testing/system.ts';

/** What a process has in memory at the moment, in MB. */
export function residentMb(system: System, name: string): number {
  const status = readFileSync(`/proc/${system.pidOf(name)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

export type Samples<Name extends string> = Readonly<Record<Name, readonly number[]>>;

/** Resolves to what each of the processes had in memory each time that `every` more requests were answered. */
export async function sampled<Name extends string>(
  system: System,
  { names, every }: { names: readonly Name[]; every: number },
  work: (answered: () => void) => Promise<void>,
): Promise<Samples<Name>> {
  const samples = new Map(names.map((name) => [name, [] as number[]]));
  let answers = 0;
  await work(() => {
    answers += 1;
    if (answers % every !== 0) return;
    for (const [name, values] of samples) values.push(residentMb(system, name));
  });
  return Object.fromEntries(samples) as Record<Name, number[]>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
