import type { Spread } from './measure.ts';

/** @param sorted ascending */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) throw new Error('a quantile of nothing');
  // nearest rank: a value that was measured, never one in between
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = quantile(sorted, 0.5);
  if (sorted.length % 2 === 1) return upper;
  return (upper + (sorted[sorted.length / 2] as number)) / 2;
}

export function spread(values: readonly number[]): Spread {
  return [Math.min(...values), Math.max(...values)];
}

export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Sorts what it is given. */
export function latencies(ms: Float64Array): Latencies {
  ms.sort();
  return { p50: quantile(ms, 0.5), p99: quantile(ms, 0.99), max: quantile(ms, 1) };
}

/** To so many digits: figures with more say nothing. */
export function rounded(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}
