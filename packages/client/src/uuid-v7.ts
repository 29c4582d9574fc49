const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Random bytes of many ids: a call of `getRandomValues` costs more than all the rest. */
const pool = new Uint8Array(4_096);
let used = pool.length;

const RANDOM_BYTES = 10;

/**
 * A UUID of version 7 (RFC 9562): those of later milliseconds are greater, which keeps an index on them compact.
 * @param nowMs milliseconds since 1970
 *
 * `crypto.randomUUID` is missing in browsers where a page came by plain HTTP; `getRandomValues` is not.
 */
export function uuidV7(nowMs: number): string {
  if (used + RANDOM_BYTES > pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const random = (): number => pool[used++] as number;
  const hex = (byte: number): string => HEX[byte] as string;
  const next = (): string => hex(random());
  const time = Math.floor(nowMs).toString(16).padStart(12, '0');
  const version = hex(0x70 | (random() & 0x0f)) + next();
  const variant = hex(0x80 | (random() & 0x3f)) + next();
  const node = next() + next() + next() + next() + next() + next();
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${node}`;
}
