import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** What the figures were measured on, in a line. */
export function machineLine(): string {
  const [cpu] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} × ${cpu?.model ?? 'CPU'}, ${gib} GiB, ${type()} ${release()}, Node.js ${process.versions.node}`;
}
