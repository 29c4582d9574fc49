import { createHash } from 'node:crypto';
import { digestUuid } from '@oncelog/service-kit';

export interface IdempotentRequest {
  /** Who sent it: the same key of another client is another batch. */
  readonly client: string;
  /** The Idempotency-Key header. */
  readonly key: string;
  readonly body: Buffer;
}

/**
 * The batch ID of a request that carries an Idempotency-Key: the same for every try of the same request, another
 * one when client, key or body differ.
 */
export function batchIdOf({ client, key, body }: IdempotentRequest): string {
  return digestUuid('oncelog batch', client, key, createHash('sha256').update(body).digest('hex'));
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** 1 to 255 visible ASCII characters. */
export function isIdempotencyKey(key: string): boolean {
  return KEY.test(key);
}
