import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** CPU seconds and peak memory of processes, from Linux's /proc; undefined on systems without it. */
const AVAILABLE = existsSync('/proc/self/stat');
/** USER_HZ: 100 on every architecture that Node.js runs on. */
const TICKS_PER_SECOND = 100;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Its own, and that of its children that have ended. */
  readonly seconds: number;
}

/** What a process and all that descend from it have used so far, those that have ended included. */
export function treeCpuSeconds(pid: number): number | undefined {
  if (!AVAILABLE) return undefined;
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? []);
  return sumOfTree(all, pid);
}

export function sumOfTree(all: readonly Stat[], root: number): number {
  const tree = new Set([root]);
  // grows while it is walked
  for (const parent of tree) for (const stat of all) if (stat.parent === parent) tree.add(stat.pid);
  return all.filter(({ pid }) => tree.has(pid)).reduce((sum, { seconds }) => sum + seconds, 0);
}

/** The largest resident set that the process ever had. Of Postgres's processes it would count shared memory many times. */
export function peakBytes(pid: number): number | undefined {
  if (!AVAILABLE) return undefined;
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
}

/** Undefined where the process is gone. */
function readStat(pid: number): Stat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** proc_pid_stat(5): `pid (name) state ppid …`; the name may hold anything, so the fields count from its end. */
export function parseStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  return { pid: Number.parseInt(text, 10), parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND };
}
