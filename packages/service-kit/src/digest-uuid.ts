import { createHash } from 'node:crypto';

/** A UUID (version 8, RFC 9562) that depends on every part, and on where one part ends and the next begins. */
export function digestUuid(...parts: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  digest[6] = (digest.readUInt8(6) & 0x0f) | 0x80; // version 8
  digest[8] = (digest.readUInt8(8) & 0x3f) | 0x80; // variant of RFC 9562
  const hex = digest.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
