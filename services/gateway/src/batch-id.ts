import { createHash } from 'node:crypto';

export interface IdempotentRequest {
  /** Who sent it: the same key of another client is another batch. */
  readonly client: string;
  /** The Idempotency-Key header. */
  readonly key: string;
  readonly body: Buffer;
}

/**
 * The batch ID of a request that carries an Idempotency-Key: the same for every try of the same request, another
 * one when client, key or body differ. A UUID of version 8: 122 bits of a SHA-256 digest.
 */
export function batchIdOf({ client, key, body }: IdempotentRequest): string {
  const bodyDigest = createHash('sha256').update(body).digest('hex');
  const digest = createHash('sha256')
    .update(JSON.stringify(['oncelog batch', client, key, bodyDigest]))
    .digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80; // version 8
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80; // variant of RFC 9562
  const hex = digest.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** 1 to 255 visible ASCII characters. */
export function isIdempotencyKey(key: string): boolean {
  return KEY.test(key);
}
