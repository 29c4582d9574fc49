import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** A sequence of pseudo-random numbers; drawing from it moves it on. */
export type Random = RandomGenerator;

/** The sequence that belongs to one index of a seed. Any index can be had without its predecessors. */
export function randomAt(seed: number, index: number): Random {
  return xoroshiro128plus(mix(mix(seed) + index));
}

/** A whole number from `from` to `to`, both included. */
export function integer(random: Random, from: number, to: number): number {
  return uniformInt(random, from, to);
}

/** A number with two decimals, such as an amount of money. */
export function hundredths(random: Random, from: number, to: number): number {
  return uniformInt(random, from * 100, to * 100) / 100;
}

export function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[uniformInt(random, 0, items.length - 1)] as T;
}

/** True in `percent` of a hundred cases. */
export function chance(random: Random, percent: number): boolean {
  return uniformInt(random, 1, 100) <= percent;
}

/** Between `from` and `to` items. */
export function several<T>(random: Random, [from, to]: readonly [number, number], make: () => T): T[] {
  return Array.from({ length: uniformInt(random, from, to) }, make);
}

/** Neighbouring seeds would give alike sequences. Source: the finaliser of MurmurHash3 (public domain). */
function mix(seed: number): number {
  let hash = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
