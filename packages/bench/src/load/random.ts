/** The finalizer of MurmurHash3 (Austin Appleby, public domain): mixes 32 bits, and no two inputs give the same. */
export function mix(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A number from 0 to 2^32 - 1 for every (seed, index). For one seed, each index has its own. */
export function numberAt(seed: number, index: number): number {
  return mix(Math.imul(index, 0x9e3779b1) ^ mix(seed));
}

export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0').slice(-digits);
}
