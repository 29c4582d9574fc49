import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { digestUuid } from '@oncelog/service-kit';
import { Problem } from './problem.ts';

export interface IdempotentRequest {
  /** Who sent it: the same key of another client is another batch. */
  readonly client: string;
  /** The Idempotency-Key header. */
  readonly key: string;
  readonly body: Buffer;
}

export interface IdempotentLines extends IdempotentRequest {
  /** Of the request's batches, from 0: two with the same lines are two. */
  readonly index: number;
}

/**
 * The batch ID of a request that carries an Idempotency-Key: the same for every try of the same request, another
 * one when client, key or body differ.
 */
export function batchIdOf({ client, key, body }: IdempotentRequest): string {
  return digestUuid('oncelog batch', client, key, createHash('sha256').update(body).digest('hex'));
}

/** The same of one of the batches that a body of lines is made into. */
export function lineBatchIdOf({ client, key, body, index }: IdempotentLines): string {
  const digest = createHash('sha256').update(body).digest('hex');
  return digestUuid('oncelog batch of lines', client, key, String(index), digest);
}

/** 1 to 255 visible ASCII characters. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The Idempotency-Key of a request, if it has one.
 *
 * @throws {Problem} 422
 */
export function idempotencyKeyOf({ headers }: IncomingMessage): string | undefined {
  const key = headers['idempotency-key'] as string | undefined; // of several, Node joins the values
  if (key === undefined || KEY.test(key)) return key;
  const detail = 'Idempotency-Key must be 1 to 255 visible ASCII characters.';
  const violation = { pointer: '/headers/idempotency-key', rule: 'pattern', detail };
  throw new Problem('invalid-idempotency-key', { detail, errors: [violation] });
}
